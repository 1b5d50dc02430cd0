"""Metrics of programs that a user has: a name on the PATH, asked with temporary files."""

from iqa_cli.records import ScoreRange
from iqa_cli.registry.spec import FULL, Spec

_JXL = "libjxl, https://github.com/libjxl/libjxl, built with its tools"
_BUTTERAUGLI = "Alakuijala et al., Guetzli: Perceptually Guided JPEG Encoder, arXiv 1703.04421, and libjxl"


def _program(name: str, title: str, config: str, program: str, range: ScoreRange, paper: str, variant: str) -> Spec:
    return Spec(
        name,
        title,
        FULL,
        "programs:ProgramMetric",
        f"programs:{config}",
        range,
        minimum=8,
        paper=paper,
        variant=f"{variant}; of the program {program}, samples rounded to 8 bits",
        trained=False,
        group="programs",
        program=program,
        origin=f"{_JXL}; Debian: apt-get install libjxl-devtools" if program == "butteraugli_main" else _JXL,
        gradient=False,
    )


EXTERNAL: tuple[Spec, ...] = (
    _program(
        "ssimulacra2",
        "SSIMULACRA 2",
        "SSIMULACRA2",
        "ssimulacra2",
        ScoreRange(None, 100),
        "Sneyers, SSIMULACRA 2, libjxl 2022",
        "100 for equal images, 90 hardly to be told apart, 70 high, 50 medium, 30 low quality",
    ),
    _program(
        "butteraugli",
        "Butteraugli",
        "BUTTERAUGLI",
        "butteraugli_main",
        ScoreRange(0, None, higher_is_better=False),
        _BUTTERAUGLI,
        "the largest difference anywhere, at 80 nits",
    ),
    _program(
        "butteraugli-3norm",
        "Butteraugli 3-norm",
        "BUTTERAUGLI_3NORM",
        "butteraugli_main",
        ScoreRange(0, None, higher_is_better=False),
        _BUTTERAUGLI,
        "the 3-norm of differences over the image, at 80 nits",
    ),
)

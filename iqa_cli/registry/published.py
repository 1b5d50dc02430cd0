"""Published metrics, computed by the package that `module` names."""

from typing import Any

from iqa_cli.records import ScoreRange
from iqa_cli.registry.spec import FULL, Spec

_PIQ = "piq, in float32"
_SMALLER = "made smaller by round(shorter side / 256) first"
SIMILARITY, DEVIATION = ScoreRange(0, 1), ScoreRange(0, 0.5, higher_is_better=False)


def _piq(name: str, title: str, config: str, range: ScoreRange, minimum: int, paper: str, variant: str = "") -> Spec:
    told: dict[str, Any] = {"trained": False, "group": "metrics", "extra": "metrics", "module": "piq"}
    variant = f"{_PIQ}; {variant}" if variant else _PIQ
    builder, config = "piq_metrics:PiqMetric", f"piq_metrics:{config}"
    return Spec(name, title, FULL, builder, config, range, minimum=minimum, paper=paper, variant=variant, **told)


_FSIM = "Zhang et al., FSIM: A Feature Similarity Index for Image Quality Assessment, IEEE TIP 2011"
_MS_GMSD = "Zhang et al., Gradient Magnitude Similarity Deviation on Multiple Scales, ICASSP 2017"

PUBLISHED: tuple[Spec, ...] = (
    _piq("fsim", "FSIM", "FSIM", SIMILARITY, 16, _FSIM, f"luma of YIQ; {_SMALLER}"),
    _piq("fsimc", "FSIMc", "FSIMC", SIMILARITY, 16, _FSIM, f"with the chroma of YIQ; {_SMALLER}"),
    _piq(
        "vsi",
        "VSI",
        "VSI",
        SIMILARITY,
        16,
        "Zhang et al., VSI: A Visual Saliency-Induced Index for Perceptual Image Quality Assessment, IEEE TIP 2014",
        _SMALLER,
    ),
    _piq(
        "sr-sim",
        "SR-SIM",
        "SR_SIM",
        SIMILARITY,
        40,
        "Zhang and Li, SR-SIM: A Fast and High Performance IQA Index Based on Spectral Residual, ICIP 2012",
        f"luma of YIQ; each pair alone, because piq scales saliency over a batch; {_SMALLER}",
    ),
    _piq(
        "gmsd",
        "GMSD",
        "GMSD",
        DEVIATION,
        16,
        "Xue et al., Gradient Magnitude Similarity Deviation: A Highly Efficient Perceptual Image Quality Index, "
        "IEEE TIP 2014",
        "luma of YIQ at half size; odd sides get a black row and column",
    ),
    _piq("ms-gmsd", "MS-GMSD", "MS_GMSD", DEVIATION, 17, _MS_GMSD, "luma of YIQ at four scales"),
    _piq(
        "ms-gmsdc",
        "MS-GMSDc",
        "MS_GMSDC",
        ScoreRange(0, None, higher_is_better=False),
        17,
        _MS_GMSD,
        "luma of YIQ at four scales, chroma at the coarsest",
    ),
    _piq(
        "haarpsi",
        "HaarPSI",
        "HAARPSI",
        SIMILARITY,
        16,
        "Reisenhofer et al., A Haar Wavelet-Based Perceptual Similarity Index for Image Quality Assessment, "
        "Signal Processing: Image Communication 2018",
        "YIQ at half size; equal black images 1, where piq divides by 0",
    ),
    _piq(
        "mdsi",
        "MDSI",
        "MDSI",
        ScoreRange(0, None, higher_is_better=False),
        16,
        "Ziaei Nafchi et al., Mean Deviation Similarity Index: Efficient and Reliable Full-Reference Image Quality "
        "Evaluator, IEEE Access 2016",
        f"gradient and chroma added up; {_SMALLER}",
    ),
    _piq(
        "vif",
        "VIF",
        "VIF",
        ScoreRange(0, None),
        41,
        "Sheikh and Bovik, Image Information and Visual Quality, IEEE TIP 2006",
        "the authors' approximation in the pixel domain, on luma; above 1 where contrast is enhanced",
    ),
    _piq(
        "dss",
        "DSS",
        "DSS",
        ScoreRange(-1, 1),
        32,
        "Balanov et al., Image Quality Assessment Based on DCT Subband Similarity, ICIP 2015",
        "luma of YIQ; sides cut to multiples of 8",
    ),
)

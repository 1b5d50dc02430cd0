"""`iqa_cli.export`: a trained model as a file that other programs run."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.exporting.model_file import PIXELS, check_exports, facts_of, model_of, write_onnx
from iqa_cli.ground.filenames import at_home
from iqa_cli.ground.python_words import speaks_python
from iqa_cli.guard import Output, protect, refuse_existing
from iqa_cli.registry import Spec, find_model
from iqa_cli.weights import default_weight, load_trained
from iqa_cli.weights.fetching import path_of

StrPath = str | PathLike[str]
SUFFIX, PAGES = ".onnx", (".html", ".htm")


@speaks_python(output="path")
def export(
    model: str,
    path: StrPath,
    *,
    weights: StrPath | None = None,
    offline: bool = False,
    pixels: str = "uint8",
    overwrite: bool = False,
) -> Path:
    """Write a trained model as an ONNX file, from pixels to score (extra `onnx`).

    The file takes RGB, N x H x W x 3, and gives scores (N,); docs/export.md tells more.

    Args:
        model: a trained model of `iqa models`.
        path: the file, NAME.onnx.
        weights: a weight file; those of the model when left out.
        offline: never download weights.
        pixels: "uint8" for 0 to 255, or "float32" for [0, 1].
        overwrite: replace a file that is there.

    Returns:
        The file.

    Raises:
        UsageError: no such model, one that cannot be exported, a file of another suffix, or one that is there.
        WeightsError: the model has no weights.
        MissingExtraError: the package onnx is not installed.
    """
    out, own = Path(at_home(path)), None if weights is None else Path(at_home(weights))
    spec = check_files(model, out, None, reads=[own], pixels=pixels, overwrite=overwrite)
    write_onnx(spec, load_trained(spec, own, offline), out, pixels)
    return out


def check_files(
    model: str, output: Path | None, page: Path | None, *, reads: Sequence[Path | None], pixels: str, overwrite: bool
) -> Spec:
    """The model, where it can be written to both files, in the words of the command line; nothing is written.

    Args:
        model: a trained model of `iqa models`.
        output: the ONNX file, where one is asked for.
        page: the HTML file, where one is asked for.
        reads: files that are read.
        pixels: what the ONNX file takes.
        overwrite: replace files that are there.

    Raises UsageError as `export`.
    """
    spec = find_model(model)
    check_exports(spec)
    if pixels not in PIXELS:
        raise UsageError(f"--pixels {pixels}: choose {', '.join(PIXELS)}")
    if output is None and pixels != PIXELS[0]:
        raise UsageError(f"--pixels {pixels}: tells of -o FILE{SUFFIX}, which is not given; a page takes photographs")
    outputs: dict[str, Output] = {"--output": output, "--html": page}
    default = default_weight(spec.name)
    protect(outputs, [*reads, None if default is None else path_of(default)], makes_folders=True)
    if output is not None and output.suffix.lower() != SUFFIX:
        instead = f", or write a page by 'iqa export MODEL --html {output}'" if output.suffix.lower() in PAGES else ""
        raise UsageError(
            f"--output {output}: what is written is an ONNX file: call it {output.with_suffix(SUFFIX)}{instead}"
        )
    if page is not None and page.suffix.lower() not in PAGES:
        raise UsageError(f"--html {page}: what is written is a page: call it {page.with_suffix(PAGES[0])}")
    if not overwrite:
        refuse_existing(outputs, "--overwrite replaces it")
    return spec


def write_scorer(spec: Spec, page: Path, runtime: Path | None, weights: Path | None, offline: bool) -> None:
    """Write one HTML file that scores photographs in a browser.

    Args:
        spec: the model, by `check_files`.
        page: the file.
        runtime: where the npm package that runs the model lies (`iqa_cli.page.web_runtime.find_runtime`).
        weights: a weight file; those of the model when left out.
        offline: never download weights.

    Raises as `export`; UsageError too where the npm package is not there.
    """
    from iqa_cli.page.browser_scorer import write_browser_scorer
    from iqa_cli.page.web_runtime import find_runtime

    runs = find_runtime(runtime)
    loaded = load_trained(spec, weights, offline)
    network = model_of(spec, loaded).SerializeToString()
    write_browser_scorer(spec, network, facts_of(spec, loaded, PIXELS[0]), runs, page)

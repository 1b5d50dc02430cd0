"""`iqa_cli.export`: a trained model as a file that other programs run."""

from os import PathLike
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.exporting.model_file import PIXELS, check_exports, facts_of, model_of, write_onnx
from iqa_cli.ground.filenames import at_home
from iqa_cli.ground.python_words import speaks_python
from iqa_cli.guard import protect, refuse_existing
from iqa_cli.registry import find_model
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
    return write_export(
        model, at_home(path), weights=weights and at_home(weights), offline=offline, pixels=pixels, overwrite=overwrite
    )


def write_export(
    model: str, path: StrPath, *, weights: StrPath | None, offline: bool, pixels: str, overwrite: bool
) -> Path:
    """As `export`, in the words of the command line."""
    spec = find_model(model)
    check_exports(spec)
    if pixels not in PIXELS:
        raise UsageError(f"--pixels {pixels}: choose {', '.join(PIXELS)}")
    out, own = Path(path), None if weights is None else Path(weights)
    check_suffix(out)
    default = default_weight(spec.name)
    protect({"--output": out}, [own, None if default is None else path_of(default)], makes_folders=True)
    if not overwrite:
        refuse_existing({"--output": out}, "--overwrite replaces it")
    write_onnx(spec, load_trained(spec, own, offline), out, pixels)
    return out


def check_suffix(out: Path) -> None:
    """Raises UsageError for a name by which no program would take the file for what it is."""
    if out.suffix.lower() == SUFFIX:
        return
    page = f", or write a page by 'iqa export MODEL --html {out}'" if out.suffix.lower() in PAGES else ""
    raise UsageError(f"--output {out}: what is written is an ONNX file: call it {out.with_suffix(SUFFIX)}{page}")


def write_scorer(
    model: str, page: StrPath, *, runtime: StrPath | None, weights: StrPath | None, offline: bool, overwrite: bool
) -> Path:
    """Write one HTML file that scores photographs in a browser, in the words of the command line.

    Args:
        model: a trained model of `iqa models`.
        page: the file.
        runtime: where the npm package that runs the model lies (`iqa_cli.page.web_runtime.find_runtime`).
        weights: a weight file; those of the model when left out.
        offline: never download weights.
        overwrite: replace a file that is there.

    Raises as `export`; UsageError too where the npm package is not there.
    """
    from iqa_cli.page.browser_scorer import write_browser_scorer
    from iqa_cli.page.web_runtime import find_runtime

    spec = find_model(model)
    check_exports(spec)
    out, own, package = (
        Path(page),
        None if weights is None else Path(weights),
        None if runtime is None else Path(runtime),
    )
    default = default_weight(spec.name)
    protect({"--html": out}, [own, package, None if default is None else path_of(default)], makes_folders=True)
    if not overwrite:
        refuse_existing({"--html": out}, "--overwrite replaces it")
    runs = find_runtime(package)
    loaded = load_trained(spec, own, offline)
    network = model_of(spec, loaded).SerializeToString()
    write_browser_scorer(spec, network, facts_of(spec, loaded, PIXELS[0]), runs, out)
    return out

"""Maps as pictures: drawn over the image with a colour bar, and as arrays. Matplotlib is an extra."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.explaining.flaws import flaw_kind
from iqa_cli.ground.pixels import luma
from iqa_cli.output.map_names import MapNames
from iqa_cli.records import Job, Score, ScoreRange
from iqa_cli.tables.grid import one_line

if TYPE_CHECKING:
    from iqa_cli.engine.session import Look
    from iqa_cli.executing.maps import Maps

BILINEAR = Image.Resampling.BILINEAR
DOTS = 100  # an inch
WIDEST = 1600  # px of the image in the picture; a larger one is drawn smaller, its .npy is not
COLOURS = {"attention": "inferno", "quality": "RdYlBu"}
FLAW = "viridis"
LETTERS = "Glyph .* missing from|Matplotlib currently does not support .* natively"  # of a title
MOST = 99.5  # percent of the pixels whose attention the colours tell apart; a single peak must not darken the rest


def limits(kind: str, values: np.ndarray, range: ScoreRange) -> tuple[float, float]:
    """What the ends of the colours stand for in a map H x W of that kind, of a model whose scores lie in `range`."""
    if kind == "attention":
        return 0.0, float(np.nanpercentile(values, MOST))
    if kind not in COLOURS:
        return 0.0, 1.0
    low, high = range.low, range.high
    return float(np.nanmin(values) if low is None else low), float(np.nanmax(values) if high is None else high)


def label(kind: str, range: ScoreRange) -> str:
    """What the colours of a map show, in words."""
    if kind == "attention":
        return "attention, mean 1"
    if kind not in COLOURS:
        return "probability"
    return "score" if None in (range.low, range.high) else f"score, {range.low:g} to {range.high:g}"


def flaw_maps(details: Mapping[str, Any], height: int, width: int) -> dict[str, np.ndarray]:
    """The probability of each flaw that the details of a score tell, in each pixel, height x width float32, by kind.

    NaN where no crop lies.
    """
    found = details.get("explanation", {}).get("where", {})
    return {flaw_kind(name): _enlarged(np.array(rows, np.float32), height, width) for name, rows in found.items()}


def _enlarged(cells: np.ndarray, height: int, width: int) -> np.ndarray:
    """Cells, some of them NaN, as pixels: these are means of the cells beside them that are there."""
    there = np.isfinite(cells)
    values, share = (
        np.asarray(Image.fromarray(part.astype(np.float32)).resize((width, height), BILINEAR))
        for part in (np.where(there, cells, 0), there)
    )
    return np.divide(values, share, out=np.full_like(values, np.nan), where=share > 0.5)


class MapWriter:
    """Writes `NAME.MODEL.attention.png` and `NAME.MODEL.quality.png` to a folder, and `.npy` beside them on request.

    Of a score that tells flaws `NAME.MODEL.flaw-blur.png`, ... too.

    They are called as `MapNames` of the `jobs` says. A file that cannot be written is told by `warn` and costs no
    other; `failed` counts these.

    Raises MissingExtraError when matplotlib is not installed, UsageError when the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        arrays: bool,
        warn: Callable[[str], None] = lambda message: None,
        jobs: Iterable[Job] = (),
    ):
        try:
            import matplotlib  # noqa: F401
        except ImportError as error:
            raise MissingExtraError("--map", "plot", error) from None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"--map {folder}: {error.strerror}") from None
        self.folder, self.arrays, self.warn = folder, arrays, warn
        self.failed = 0
        self._names = MapNames(jobs)

    def draw(self, look: "Look", scores: Mapping[str, Score]) -> None:
        """Write what there is to see of one job, for each model that has a score of it."""
        for note in look.notes:
            self._lost(note)
        for model, maps in look.maps.items():
            score = scores[model].value
            if score is not None and look.image is not None:
                self.write(look.job, look.image, model, maps, score)
                flaws = flaw_maps(scores[model].details, *look.image.shape[:2])
                self._write(look.job, look.image, model, flaws, maps.range, score)

    def write(self, job: Job, pixels: np.ndarray, model: str, maps: "Maps", score: float) -> None:
        """Write the maps of one job, whose image is `pixels` (H x W x 3 in [0, 1]), by one model."""
        self._write(job, pixels, model, maps.by_kind(), maps.range, score)

    def _write(
        self,
        job: Job,
        pixels: np.ndarray,
        model: str,
        maps: Mapping[str, np.ndarray],
        range: ScoreRange,
        score: float,
    ) -> None:
        for kind, values in maps.items():
            title = f"{one_line(Path(job.image).name)}\n{model} {score:.2f}: {kind}"
            try:
                path = self.folder / self._names.of(job, model, kind)
                _draw(path.with_name(path.name + ".png"), pixels, values, title, kind, range)
                if self.arrays:
                    np.save(path.with_name(path.name + ".npy"), values)
            except OSError as error:
                self._lost(f"{job.image}: no {kind} map of {model} ({error.strerror or error})")

    def _lost(self, message: str) -> None:
        self.failed += 1
        self.warn(message)


def _draw(path: Path, pixels: np.ndarray, values: np.ndarray, title: str, kind: str, range: ScoreRange) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height, width = pixels.shape[:2]
    scale = min(1.0, WIDEST / max(height, width)) / DOTS
    figure = Figure(figsize=(max(width * scale, 3) + 1.2, max(height * scale, 2) + 0.8), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    axis.imshow(luma(pixels), cmap="gray", vmin=0, vmax=1)
    low, high = limits(kind, values, range)
    drawn = axis.imshow(values, cmap=COLOURS.get(kind, FLAW), alpha=0.55, vmin=low, vmax=high)
    axis.set_axis_off()
    axis.set_title(title, fontsize=10, parse_math=False)
    extend = "max" if kind == "attention" else "neither"
    figure.colorbar(drawn, ax=axis, label=label(kind, range), fraction=0.046, extend=extend)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", LETTERS, UserWarning)
        figure.savefig(path, dpi=DOTS)

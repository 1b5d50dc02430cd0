"""Maps as pictures: drawn over the image with a colour bar, and as arrays. Matplotlib is an extra."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.ground.pixels import luma

DOTS = 100  # an inch
WIDEST = 1600  # px of the image in the picture; a larger one is drawn smaller, its .npy is not
LABELS = {"attention": "attention, mean 1", "quality": "score, 1 to 5"}
COLOURS = {"attention": "inferno", "quality": "RdYlBu"}
MOST = 99.5  # percent of the pixels whose attention the colours tell apart; a single peak must not darken the rest


def limits(kind: str, values: np.ndarray) -> tuple[float, float]:
    """What the ends of the colours stand for in a map H x W of that kind."""
    return (1.0, 5.0) if kind == "quality" else (0.0, float(np.nanpercentile(values, MOST)))


class MapWriter:
    """Writes `NAME.MODEL.attention.png` and `NAME.MODEL.quality.png` to a folder, and `.npy` beside them on request.

    NAME is the image's path with its folders joined by `__`; where two images of a run would share it, the second's
    ends in `~2`.

    Raises MissingExtraError when matplotlib is not installed, UsageError when the folder cannot be made.
    """

    def __init__(self, folder: Path, arrays: bool):
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            raise MissingExtraError("--map", "plot") from None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"--map {folder}: {error.strerror}") from None
        self.folder, self.arrays = folder, arrays
        self._names: dict[str, str] = {}  # by image

    def write(self, image: str, pixels: np.ndarray, model: str, score: float, maps: Mapping[str, np.ndarray]) -> None:
        """Write the maps (H x W float32, by kind) of one image (H x W x 3 in [0, 1])."""
        for kind, values in maps.items():
            path = self.folder / f"{self._name(image)}.{model}.{kind}"
            title = f"{Path(image).name}\n{model} {score:.2f}: {kind}"
            _draw(path.with_name(path.name + ".png"), pixels, values, title, kind)
            if self.arrays:
                np.save(path.with_name(path.name + ".npy"), values)

    def _name(self, image: str) -> str:
        """Of an image, the same for each model."""
        if image not in self._names:
            joined = "__".join(part for part in Path(image).parts if part not in ("/", "..", "."))
            taken = set(self._names.values())
            names = (joined, *(f"{joined}~{number}" for number in range(2, len(taken) + 3)))
            self._names[image] = next(name for name in names if name not in taken)
        return self._names[image]


def _draw(path: Path, pixels: np.ndarray, values: np.ndarray, title: str, kind: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height, width = pixels.shape[:2]
    scale = min(1.0, WIDEST / max(height, width)) / DOTS
    figure = Figure(figsize=(max(width * scale, 3) + 1.2, max(height * scale, 2) + 0.8), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    axis.imshow(luma(pixels), cmap="gray", vmin=0, vmax=1)
    low, high = limits(kind, values)
    drawn = axis.imshow(values, cmap=COLOURS[kind], alpha=0.55, vmin=low, vmax=high)
    axis.set_axis_off()
    axis.set_title(title, fontsize=10, parse_math=False)
    extend = "max" if kind == "attention" else "neither"
    figure.colorbar(drawn, ax=axis, label=LABELS[kind], fraction=0.046, extend=extend)
    figure.savefig(path, dpi=DOTS)

"""What full-reference metrics say of a distorted photograph, for labels that people's cell means alone cannot give.

Within a cell of type and level people's scores differ from image to image (`cell_spread`), and a cell mean says
nothing of it. Across types, cell means are one study's offsets, learnt exactly and found otherwise by the next study.
Metrics that agree well with people place an image within its cell (content, in standard deviations between
photographs), and across all cells on people's scale (consensus, by one monotone map for each metric).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import isotonic_regression
from torch import Tensor
from torch.nn import functional as F

from iqa_cli.distortions import DISTORTIONS, STRONGEST, distort
from iqa_cli.models.piq_metrics import piq_function
from iqa_cli.training.cells import FIFTH, cell_score, highest_level
from iqa_cli.training.picture_files import Picture, evenly

LEVELS = np.linspace(1, 5, 9)
BEYOND = np.arange(FIFTH + 1, STRONGEST + 1)
CROP = 192  # px
PHOTOGRAPHS = 32
CROPS_OF_EACH = 2
MOST = 2.5  # standard deviations
KNOTS = 64  # of a monotone map


@dataclass(frozen=True)
class Metric:
    """A metric of piq: whether more is better, and the factor by which images are made smaller first."""

    name: str
    higher_is_better: bool = True
    smaller: int = 1


METRICS = {
    "haarpsi": Metric("haarpsi"),  # Reisenhofer et al., 2018
    "mdsi": Metric("mdsi", False, 2),  # Ziaei Nafchi et al., 2016; at half size, as it is on whole photographs
    "vsi": Metric("vsi"),  # Zhang et al., 2014
    "fsim": Metric("fsim"),  # Zhang et al., 2011, with colour
    "gmsd": Metric("gmsd", False),  # Xue et al., 2014
}


@dataclass(frozen=True)
class Teachers:
    """How the metrics behave over photographs.

    Args:
        metrics: their names.
        levels: (L,), those measured.
        mean, spread: of each cell, types x L x metrics.
        combined: the spread of their standardised mean, types x L.
        maps: for each metric, its values and the scores that they stand for, both rising.
    """

    metrics: tuple[str, ...]
    levels: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    combined: np.ndarray
    maps: tuple[tuple[np.ndarray, np.ndarray], ...]

    def deviation(self, measured: np.ndarray, type: int, level: float) -> float:
        """Standard deviations by which a distorted image is better (+) or worse than others of its cell."""
        at = [np.array([np.interp(level, self.levels, c) for c in t[type - 1].T]) for t in (self.mean, self.spread)]
        place = float(np.mean((measured - at[0]) / at[1]))
        return float(np.clip(place / np.interp(level, self.levels, self.combined[type - 1]), -MOST, MOST))

    def consensus(self, measured: np.ndarray) -> float:
        """The score in 1..5 that the metrics give an image, whatever its distortion: the mean of their maps."""
        return float(np.mean([np.interp(v, *knots) for v, knots in zip(measured, self.maps, strict=True)]))


def measure(reference: Tensor, distorted: Tensor, metrics: Sequence[str]) -> np.ndarray:
    """The metrics (N x M, higher is better) of pairs N x 3 x h x w in [0, 1]."""
    columns = []
    with torch.no_grad():
        for metric in (METRICS[name] for name in metrics):
            pair = [F.avg_pool2d(i, metric.smaller) if metric.smaller > 1 else i for i in (reference, distorted)]
            # The reference first, as the weights inside have learnt it: MDSI alone minds the order, and little.
            values = piq_function(metric.name)(*pair, data_range=1.0, reduction="none")
            columns.append(values if metric.higher_is_better else -values)
    return torch.stack(columns, dim=1).double().numpy()


def calibrate(photographs: Sequence[Picture], seed: int, metrics: Sequence[str], beyond: bool = False) -> Teachers:
    """Measure every type at every level of `LEVELS`, and of `BEYOND` where asked, on crops of photographs.

    The spread is that between photographs: the covariance of two crops of one photograph, since a
    published score is of a whole image.
    """
    levels = np.concatenate([LEVELS, BEYOND]) if beyond else LEVELS
    chosen = evenly(photographs, PHOTOGRAPHS)
    values = np.array(
        [[_cells(p.read(), [seed, n, c], levels, metrics) for c in range(CROPS_OF_EACH)] for n, p in enumerate(chosen)]
    )
    mean = values.mean((0, 1))
    spread = _between(values - mean)
    place = ((values - mean) / spread).mean(-1, keepdims=True)
    scores = np.array([[cell_score(t, min(level, highest_level(t))) for level in levels] for t in DISTORTIONS])
    scores = np.broadcast_to(scores, values.shape[:-1]).ravel()
    maps = tuple(monotone_map(values[..., number].ravel(), scores) for number in range(len(metrics)))
    return Teachers(tuple(metrics), levels, mean, spread, _between(place)[..., 0], maps)


def monotone_map(values: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rising map from values of a metric to scores that is nearest in squares, as knots to interpolate between.

    Values are first averaged in `KNOTS` parts of equal number, which keeps the map from having steps.
    """
    parts = np.array_split(np.argsort(values, kind="stable"), min(KNOTS, len(values)))
    at, inverse = np.unique([values[part].mean() for part in parts], return_inverse=True)
    weights = np.bincount(inverse, [len(part) for part in parts])
    heights = np.bincount(inverse, [scores[part].sum() for part in parts]) / weights
    return at, isotonic_regression(heights, weights=weights).x


def _between(centred: np.ndarray) -> np.ndarray:
    """Standard deviation between photographs of values photographs x 2 x ...; never a small part of the whole."""
    total = (centred**2).mean((0, 1))
    between = (centred[:, 0] * centred[:, 1]).mean(0)
    return np.sqrt(np.maximum(np.maximum(between, 0.25 * total), 1e-6))


def _cells(photograph: np.ndarray, seed: list[int], levels: np.ndarray, metrics: Sequence[str]) -> np.ndarray:
    """Types x levels x metrics of one crop; a type that does not go beyond the fifth level repeats it."""
    rng = np.random.default_rng(seed)
    side = min(CROP, *photograph.shape[:2])
    top, left = (rng.integers(s - side + 1) for s in photograph.shape[:2])
    crop = photograph[top : top + side, left : left + side].astype(np.float32) / 255
    reference = _tensor([crop]).expand(len(levels), -1, -1, -1)
    distorted = ([distort(crop, t, min(level, highest_level(t)), rng) for level in levels] for t in DISTORTIONS)
    return np.array([measure(reference, _tensor(images), metrics) for images in distorted])


def _tensor(images: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()

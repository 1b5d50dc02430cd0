"""What every statistic expects: one-dimensional float arrays of equal length, all finite."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iqa_cli.errors import UsageError

Labels = Sequence | NDArray  # of images, one each

FEWEST = 3  # with two images every correlation is −1, 0 or 1, whatever the model


def finite(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """`values` as a float64 vector. Raises UsageError when it is not a vector or not all finite."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise UsageError(f"{name} must be one column of numbers, not an array of shape {vector.shape}")
    bad = np.flatnonzero(~np.isfinite(vector))
    if bad.size:
        raise UsageError(
            f"{name} has {bad.size} of {vector.size} values that are not finite numbers, the first at "
            f"position {bad[0]}: leave those images out"
        )
    return vector


def paired(predicted: ArrayLike, mos: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predictions and labels as float64 vectors of one length. Raises UsageError otherwise."""
    x, y = finite(predicted, "predicted"), finite(mos, "mos")
    if x.size != y.size:
        raise UsageError(f"{x.size} predictions cannot be compared with {y.size} labels: pair them first")
    return x, y


def columns(scores: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """Several vectors over the same images as one (names, images) array. Raises UsageError otherwise."""
    vectors = [finite(values, name) for name, values in scores.items()]
    sizes = {vector.size for vector in vectors}
    if len(sizes) != 1:
        counts = ", ".join(f"{name} {vector.size}" for name, vector in zip(scores, vectors, strict=True))
        raise UsageError(f"all must score the same images, but the counts are: {counts or 'none at all'}")
    return np.stack(vectors)


def codes(labels: Labels | None, images: int, name: str) -> tuple[NDArray, NDArray[np.intp]]:
    """Distinct labels, sorted, and for each image the place of its label among them.

    None gives each image a label of its own. Raises UsageError when there is not one label an image.
    """
    if labels is None:
        return np.arange(images), np.arange(images)
    if len(labels) != images:
        raise UsageError(f"{len(labels)} {name} labels cannot belong to {images} images: give one an image")
    return np.unique(np.asarray(labels), return_inverse=True)

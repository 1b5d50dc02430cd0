"""Which photographs show the same: the one rule, by perceptual hashes and capture time.

pHash (imagehash) stands a change of light, of size and of compression, but hardly one of framing. So each photograph
has six: of the whole, and of five crops of it, in the middle and the corners. The hash of the whole of one photograph
is held against all six of the other. Bounds were chosen by `benchmarks/near_duplicates.py --seed 0`.
"""

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from iqa_cli.errors import IqaError
from iqa_cli.ground.pixels import reduced
from iqa_cli.tables.grid import one_line

BITS = 64  # of a hash
ALIKE = 8  # bits in which hashes of the same differ at most
ALIKE_SOON = 16  # the same, of photographs that were taken soon after each other
SOON = 10.0  # seconds
PART = 0.93  # of each side, what a crop keeps
SIDE = 256  # px of the longer side of what is hashed
BLOCK = 512  # photographs held at once against all others: memory grows with their number, not with its square

RULE = (
    f"Photographs show the same where their perceptual hashes (pHash, {BITS} bits, of the whole and of five crops of "
    f"{100 * PART:.0f} % of each side) differ in at most {ALIKE} bits, or in at most {ALIKE_SOON} where they were "
    f"taken within {SOON:g} s of each other; so do those that a chain of such pairs joins."
)


def check_hashes() -> None:
    """Raises IqaError where imagehash, or what it stands on, cannot be imported: found before hours of scoring."""
    try:
        import_module("imagehash")
    except Exception as error:  # whatever a broken installation raises
        told = one_line(str(error)) or type(error).__name__
        raise IqaError(
            f"--group similar needs imagehash, which cannot be imported ({told}): "
            "install imagehash anew, or take --group folder or none"
        ) from error


def fingerprint(pixels: np.ndarray) -> NDArray[np.bool_]:
    """The hashes of a photograph, 6 x 64 bits: of the whole first.

    Args:
        pixels: H x W x 3 floats in [0, 1], or 8-bit values.
    """
    from imagehash import phash

    whole = reduced(pixels, SIDE).convert("L")
    width, height = whole.size
    right, down = (round(length * (1 - PART)) for length in whole.size)
    corners = ((right // 2, down // 2), (0, 0), (right, 0), (0, down), (right, down))
    crops = [whole.crop((x, y, x + width - right, y + height - down)) for x, y in corners]
    return np.stack([phash(image).hash.ravel() for image in (whole, *crops)])


def same_scene(fingerprints: Sequence[NDArray[np.bool_]], taken: Sequence[datetime | None]) -> list[int]:
    """A number for each photograph, which those share that show the same.

    Every pair is held against the rule, by products of matrices: `benchmarks/near_duplicates.py` tells what that takes.
    """
    if not fingerprints:
        return []
    signs = np.stack(fingerprints).astype(np.float32) * 2 - 1
    seconds = np.array([np.nan if time is None else (time - datetime(1970, 1, 1)).total_seconds() for time in taken])
    labels = np.arange(len(signs))
    for start in range(0, len(signs), BLOCK):
        block = signs[start : start + BLOCK]
        agreeing = np.max([block[:, part] @ signs[:, 0].T for part in range(signs.shape[1])], axis=0)
        bits = (BITS - agreeing) / 2
        soon = np.abs(seconds[start : start + BLOCK, None] - seconds) <= SOON
        first, second = np.nonzero((bits <= ALIKE) | (soon & (bits <= ALIKE_SOON)))
        labels = _joined(labels, first + start, second)
    return labels.tolist()


def _joined(labels: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    """Labels, counted in the order of the photographs, after those of each pair have become one.

    All pairs of those that look alike would take memory with their square: of those before, the labels know enough.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(labels)
    ends = np.concatenate([first, np.arange(count)]), np.concatenate([second, count + labels])  # a node a label, too
    graph = coo_array((np.ones(len(ends[0]), np.bool_), ends), shape=(2 * count, 2 * count))
    return connected_components(graph, directed=False)[1][:count]

"""Ways to part rated images into those to learn from and those to test on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iqa_cli.datasets.items import Item
from iqa_cli.datasets.name_matching import listed
from iqa_cli.errors import UsageError
from iqa_cli.ground.pixels import LUMA_WEIGHTS
from iqa_cli.ground.wording import first_few
from iqa_cli.storage.tables import read_cells

MOS_CLASSES = 5


@dataclass(frozen=True)
class Split:
    """Two disjoint parts of a dataset, each in the dataset's order."""

    train: tuple[Item, ...]
    test: tuple[Item, ...]


def official_lists(path: str | Path) -> dict[str, frozenset[str]]:
    """Names of files by part, from a list that comes with a dataset.

    A CSV with a column `set`, such as KonIQ-10k's, gives one part for each of its values; any other
    text is one part, "test": the first cell of each line that is a file name, after its folders where it has some.

    Raises UsageError when the file cannot be read or names no file.
    """
    rows = read_cells(path, "list of images")
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    part = header.index("set") if "set" in header else None
    lists: dict[str, set[str]] = {}
    for row in rows:
        name = _file_name(row[0]) if len(row) > (part or 0) else None
        if name:
            lists.setdefault("test" if part is None else row[part].strip().lower(), set()).add(name)
    if not lists:
        raise UsageError(f"{path}: no file name in it; write one image name a line")
    return {part: frozenset(names) for part, names in lists.items()}


def test_names(path: str | Path) -> frozenset[str]:
    """The names a list gives for testing. Raises UsageError when it has only other parts, or cannot be read."""
    lists = official_lists(path)
    if "test" not in lists:
        raise UsageError(f"{path}: no part called test in it, only {first_few(sorted(lists))}")
    return lists["test"]


def by_names(items: Sequence[Item], test: Collection[str]) -> Split:
    """Test on the images that are listed, see `listed`; names that no image has are passed over.

    So the split of KonIQ-10k serves its half-size copies too. Raises UsageError when a part is empty, or a name could
    be that of several images.
    """
    tested = set(listed((item.image for item in items), sorted(test)).values())
    return _split(items, [item.image in tested for item in items])


def by_group(items: Sequence[Item], share: float, seed: int) -> Split:
    """Test on a random share of the groups, so that no reference is on both sides.

    `share` in (0, 1) is of the groups, rounded, but at least one and not all of them. The same
    `seed` gives the same split whatever the order of the items. Raises UsageError when there are
    fewer than two groups.
    """
    groups = sorted({item.group for item in items})
    count = min(max(1, round(share * len(groups))), len(groups) - 1)
    chosen = {groups[index] for index in np.random.default_rng(seed).permutation(len(groups))[: max(count, 0)]}
    return _split(items, [item.group in chosen for item in items])


def stratified(items: Sequence[Item], spatial_information: Sequence[float], share: float, seed: int) -> Split:
    """Test on the same random share of simple and of complex images, of bad and of good ones.

    The split of TRIQ (You and Korhonen, ICIP 2021): two classes of spatial information, above the
    median and not, times five classes of MOS, here of equal width between the lowest and the
    highest MOS of `items`. In each of the ten cells `share` of the images, rounded, are for testing.

    Raises UsageError when a part is empty.
    """
    mos = np.array([item.mos for item in items])
    edges = np.linspace(mos.min(), mos.max(), MOS_CLASSES + 1)[1:-1]
    mos_classes = np.searchsorted(edges, mos, side="right")
    complex_image = np.asarray(spatial_information) > np.median(spatial_information)
    cells: dict[tuple[bool, int], list[int]] = {}
    for index, cell in enumerate(zip(complex_image.tolist(), mos_classes.tolist(), strict=True)):
        cells.setdefault(cell, []).append(index)
    rng = np.random.default_rng(seed)
    chosen: set[int] = set()
    for cell in sorted(cells):
        chosen.update(rng.permutation(cells[cell])[: round(share * len(cells[cell]))].tolist())
    return _split(items, [index in chosen for index in range(len(items))])


def spatial_information(luma: np.ndarray) -> float:
    """How much there is to see in an image: ITU-T P.910's SI of one frame.

    The standard deviation over the frame of the gradient magnitude of H x W luma (0 to 255 in the
    recommendation) under the Sobel operator; the outermost pixels, which lack neighbours, are left
    out as the recommendation does. At least 3 x 3 pixels.
    """
    from scipy import ndimage

    luma = np.asarray(luma, dtype=np.float32)
    gradient = np.hypot(ndimage.sobel(luma, axis=0), ndimage.sobel(luma, axis=1))
    return float(gradient[1:-1, 1:-1].std(dtype=np.float64))


def spatial_information_of(path: Path) -> float:
    """SI of an image file, from its luma (BT.601 weights, 0 to 255). Raises ImageError."""
    from iqa_cli.images import load_image

    return spatial_information(load_image(path).pixels @ (255 * LUMA_WEIGHTS))


def _split(items: Sequence[Item], is_test: Sequence[bool]) -> Split:
    parts = {
        side: tuple(item for item, test in zip(items, is_test, strict=True) if test is side) for side in (False, True)
    }
    if not all(parts.values()):
        raise UsageError(
            f"a split of {len(items)} images leaves nothing to {'test on' if parts[False] else 'learn from'}"
        )
    return Split(parts[False], parts[True])


def _file_name(cell: str) -> str | None:
    name = cell.strip().strip("'\"").replace("\\", "/")
    return name if "." in name.split("/")[-1] else None  # a header or a bare number names no file

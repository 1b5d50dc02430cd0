"""How well `iqa rank` finds photographs that show the same: precision and recall on planted near-duplicates.

    OMP_NUM_THREADS=1 python benchmarks/near_duplicates.py [--data DIR] [--count 2000] [--seed 1] [--keep DIR] [--rank]

Photographs are taken from DIR, in subfolders too, while it has some, and drawn where it has none: each should show
something else. Half of the scenes stay alone or are hard negatives; of the others there are 2 to 6 photographs: bursts
(shifted, turned, a little lighter or darker), brackets (an exposure step), crops, edits (contrast, warmth) and copies
(JPEG, smaller). Hard negatives are two parts of one photograph that hardly overlap, skies that differ in little but the
horizon, and, of all scenes, every second one that follows another within 8 s. A third of the files has no capture time.

The bounds of `iqa_cli.ranking.fingerprints` were chosen on `--seed 0`, without and with photographs; an odd seed draws
others, and takes the other half of DIR. Counted are pairs of photographs: a group of two is one, one of six fifteen. At
last the same photographs are grouped five and ten thousand at a time, for the time alone. With `--rank` the command
`iqa rank` scores and groups the folder in addition, and its groups are counted.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from iqa_cli.ground.folders import pictures_in
from iqa_cli.images import load_image
from iqa_cli.images.capture import capture_time
from iqa_cli.ranking.fingerprints import RULE, fingerprint, same_scene

SIDE = 640  # px of the longer side of what is written
KINDS = ("burst", "bracket", "crop", "edit", "copy")
TAKEN, EXIF = 36867, 0x8769
BEGIN = datetime(2026, 5, 1, 9)


@dataclass(frozen=True)
class Shot:
    """A photograph of the folder: which scene it shows, how it came about, when it was taken."""

    scene: int
    kind: str
    image: Image.Image
    taken: datetime | None
    quality: int


def drawn(rng: np.random.Generator) -> Image.Image:
    """A picture of its own: a light that changes, shapes in it, and a texture."""
    low = Image.fromarray(rng.integers(30, 226, (*rng.integers(2, 5, 2), 3), dtype=np.uint8))
    picture = low.resize((960, 720), Image.Resampling.BICUBIC)
    brush = ImageDraw.Draw(picture)
    for _ in range(rng.integers(3, 25)):
        x, y = rng.uniform(-100, 960), rng.uniform(-100, 720)
        width, height = rng.uniform(20, 400, 2)
        colour = tuple(map(int, rng.integers(0, 256, 3)))
        shape = brush.ellipse if rng.random() < 0.5 else brush.rectangle
        shape((x, y, x + width, y + height), fill=colour)
    texture = Image.fromarray(rng.integers(0, 256, (180, 240), dtype=np.uint8)).resize(picture.size).convert("RGB")
    return Image.blend(picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 3))), texture, rng.uniform(0.02, 0.2))


def sky(rng: np.random.Generator) -> Image.Image:
    """Light above, dark below: such pictures differ in the horizon and in little else."""
    rows = np.linspace(0, 1, 720)[:, None, None]
    top, bottom = rng.uniform((90, 130, 180), (150, 190, 255)), rng.uniform(20, 110, 3)
    horizon = rng.uniform(0.3, 0.8)
    colour = np.where(rows < horizon, top * (1 - 0.3 * rows / horizon), bottom * (1 - 0.4 * (rows - horizon)))
    noise = rng.normal(0, 3, (720, 960, 1))
    return Image.fromarray((np.broadcast_to(colour, (720, 960, 3)) + noise).clip(0, 255).astype(np.uint8))


def scenes(data: Path | None, seed: int) -> Iterator[Image.Image]:
    """Pictures without end, each once; of photographs the even or the odd ones, then drawn ones."""
    rng = np.random.default_rng(seed)
    if data is not None:
        files = sorted(pictures_in(data, recursive=True).pictures)[seed % 2 :: 2]
        for place in rng.permutation(len(files)):
            with Image.open(data / files[place]) as picture:
                yield picture.convert("RGB")
    while True:
        yield drawn(rng)


def framed(picture: Image.Image, rng: np.random.Generator, shift: float, keep: float, turn: float = 0) -> Image.Image:
    """What a camera sees of a scene: `keep` of each side, up to `shift` of it off the middle, turned by degrees."""
    picture = picture.rotate(turn, Image.Resampling.BICUBIC) if turn else picture
    width, height = picture.size
    left, top = ((1 - keep) / 2 + shift * rng.uniform(-1, 1, 2)).clip(0, 1 - keep)
    box = (left * width, top * height, (left + keep) * width, (top + keep) * height)
    return picture.crop(tuple(map(round, box)))


def lit(picture: Image.Image, stops: float) -> Image.Image:
    """Exposed longer by so many stops, in linear light, clipped."""
    linear = (np.asarray(picture, np.float32) / 255) ** 2.2 * 2**stops
    return Image.fromarray((255 * linear.clip(0, 1) ** (1 / 2.2) + 0.5).astype(np.uint8))


def variant(kind: str, picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """One more photograph of the scene."""
    middle = framed(picture, rng, 0, 0.9)
    if kind == "burst":
        moved = framed(picture, rng, 0.035, 0.9 * rng.uniform(0.98, 1.02), rng.uniform(-1, 1))
        return lit(moved, rng.uniform(-0.15, 0.15))
    if kind == "bracket":
        return lit(framed(picture, rng, 0.005, 0.9), rng.choice([-1.3, -0.7, 0.7, 1.3]))
    if kind == "crop":
        return framed(middle, rng, 0.05, rng.uniform(0.82, 0.95))
    if kind == "edit":
        warm = np.asarray(middle, np.float32) * rng.uniform((0.95, 0.97, 0.8), (1.2, 1.03, 1.0))
        picture = Image.fromarray(warm.clip(0, 255).astype(np.uint8))
        return ImageEnhance.Contrast(picture).enhance(rng.uniform(0.7, 1.4))
    scale = rng.uniform(0.25, 0.8)
    return middle.resize([max(16, round(side * scale)) for side in middle.size], Image.Resampling.LANCZOS)


def shots(pictures: Iterator[Image.Image], count: int, seed: int) -> Iterator[Shot]:
    """The folder, scene by scene; half of the scenes come within seconds of the last one."""
    rng = np.random.default_rng((seed, 1))
    now, scene, made = BEGIN, 0, 0
    while made < count:
        now += timedelta(seconds=float(rng.uniform(1, 8) if rng.random() < 0.5 else rng.uniform(60, 3600)))
        fate, picture, shown = rng.random(), next(pictures), []
        if fate < 0.05:
            picture = sky(rng)
        if fate < 0.15 and fate >= 0.05:  # a pan: two parts, each a scene of its own
            width, height = picture.size
            for left in (0, 0.48):
                part = picture.crop((round(left * width), 0, round((left + 0.52) * width), height))
                shown.append((scene, "part", part, now))
                scene, now = scene + 1, now + timedelta(seconds=2)
        else:
            shown.append((scene, "alone", framed(picture, rng, 0, 0.9), now))
            for _ in range(int(rng.integers(1, 6)) if fate > 0.5 else 0):
                kind = str(rng.choice(KINDS))
                if kind in ("burst", "bracket"):
                    now += timedelta(seconds=float(rng.uniform(0.2, 2)))
                shown.append((scene, kind, variant(kind, picture, rng), now))
            scene += 1
        for number, kind, image, taken in shown[: count - made]:
            image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
            quality = int(rng.integers(35, 80)) if kind == "copy" else int(rng.integers(85, 96))
            yield Shot(number, kind, image, None if rng.random() < 1 / 3 else taken, quality)
            made += 1


def write(folder: Path, found: Iterator[Shot]) -> tuple[dict[str, int], dict[str, str]]:
    """The files, in a shuffled order of names; the scene and the kind of each."""
    scene, kinds = {}, {}
    order = np.random.default_rng(2).permutation(100_000)
    for number, shot in zip(order, found, strict=False):
        path = folder / f"{number:05}.jpg"
        exif = Image.Exif()
        if shot.taken:
            exif.get_ifd(EXIF)[TAKEN] = f"{shot.taken:%Y:%m:%d %H:%M:%S}"
        shot.image.save(path, quality=shot.quality, exif=exif)
        scene[str(path)], kinds[str(path)] = shot.scene, shot.kind
    return scene, kinds


def figures(found: np.ndarray, scene: np.ndarray, kinds: np.ndarray) -> Iterator[str]:
    """Precision and recall of pairs; recall of those between a first photograph and one of each kind."""
    first, second = np.triu_indices(len(scene), 1)
    same, grouped = scene[first] == scene[second], found[first] == found[second]
    right, wrong, pairs = int((same & grouped).sum()), int((grouped & ~same).sum()), int(same.sum())
    yield f"{len(scene)} photographs of {len(set(scene))} scenes, {pairs} pairs of one scene"
    yield f"precision {right / max(1, right + wrong):.3f}, recall {right / max(1, pairs):.3f} of pairs"
    whole = {tuple(np.flatnonzero(scene == number)) for number in set(scene)}
    exact = len(whole & {tuple(np.flatnonzero(found == number)) for number in set(found)})
    yield f"{exact} of {len(whole)} scenes are grouped just as they should be, {exact / len(whole):.3f}"
    for kind in KINDS:
        with_first = (kinds[first] == "alone") & (kinds[second] == kind)
        with_first |= (kinds[second] == "alone") & (kinds[first] == kind)
        of, hit = int((with_first & same).sum()), int((with_first & same & grouped).sum())
        yield f"  {kind}: {hit / max(1, of):.3f} of {of} with the first of their scene"
    parts = int((grouped & ~same & (kinds[first] == "part") & (kinds[second] == "part")).sum())
    yield f"  {wrong} pairs wrong, {parts} of them parts"


def ranked(folder: Path) -> pd.DataFrame:
    """What `iqa rank` says of the folder, by path."""
    rows = folder.with_name(folder.name + "-ranked.csv")
    command = [sys.executable, "-m", "iqa_cli", "rank", str(folder), "-o", str(rows), "--overwrite", "-q"]
    begin = time.perf_counter()
    subprocess.run(command, check=True)
    print(f"iqa rank: {time.perf_counter() - begin:.0f} s")
    return pd.read_csv(rows).set_index("image")


def groups_of(rows: pd.DataFrame, paths: list[str]) -> np.ndarray:
    """The group of each path by number; what stands alone is one of its own."""
    assert sorted(rows.index) == paths, "each photograph has a row"
    group = rows["group"].reindex(paths)
    return np.where(group.isna(), -1 - np.arange(len(paths)), group.fillna(0)).astype(int)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="an empty folder for the photographs")
    parser.add_argument("--rank", action="store_true", help="also by the command, with its model")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        scene, kinds = write(folder, shots(scenes(options.data, options.seed), options.count, options.seed))
        paths = sorted(scene)
        pixels = (load_image(path).pixels for path in paths)
        prints, spent = [], 0.0
        for picture in pixels:
            begin = time.process_time()
            prints.append(fingerprint(picture))
            spent += time.process_time() - begin
        taken = [capture_time(path) for path in paths]
        rows = ranked(folder) if options.rank else None
    begin = time.process_time()
    found = same_scene(prints, taken)
    grouping = time.process_time() - begin
    print(RULE)
    truth = [np.array([of[path] for path in paths]) for of in (scene, kinds)]
    print(*figures(np.array(found), *truth), sep="\n")
    if rows is not None:
        print("iqa rank:", *figures(groups_of(rows, paths), *truth), sep="\n")
    print(f"processor time: {1000 * spent / len(paths):.1f} ms a fingerprint, {grouping:.2f} s for the groups")
    for many in (5_000, 10_000):
        of = np.arange(many) % len(prints)
        begin = time.process_time()
        same_scene([prints[place] for place in of], [taken[place] for place in of])
        print(f"{many:,} photographs: {time.process_time() - begin:.2f} s for the groups")


if __name__ == "__main__":
    main()

"""All the pictures of a run, those that are held out apart; whatever is wrong with them is told at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import cast

from iqa_cli.datasets import (
    Dataset,
    Item,
    Kind,
    Problem,
    audit,
    describe,
    find_dataset,
    load,
    read_manifest,
    without_bad,
)
from iqa_cli.errors import UsageError
from iqa_cli.ground.folders import pictures_matching
from iqa_cli.registry import find_model
from iqa_cli.training.examples import Example, Ratings, parted
from iqa_cli.training.picture_files import Picture, is_held_out, probe
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Photographs, Rated, Stage
from iqa_cli.training.teachers import Teachers, calibrate

# `progress(total, description)` is a context that yields `advance()`.
ShowProgress = Callable[[int, str], AbstractContextManager[Callable[[], None]]]


@dataclass(frozen=True)
class Data:
    """What is learnt from, and what is held out. `spread` is that of labels without a published one."""

    photographs: list[Picture]
    photographs_held_out: list[Picture]
    rated: list[Example]
    rated_held_out: list[Example]
    spread: float = Rated.spread
    teachers: Teachers | None = None

    def fingerprint(self) -> str:
        """Changes when a picture joins, leaves or changes sides, or gets another score."""
        photographs = [[p.path.name for p in side] for side in (self.photographs, self.photographs_held_out)]
        rated = [[(e.image.path.name, e.score) for e in side] for side in (self.rated, self.rated_held_out)]
        return blake2b(repr((photographs, rated)).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def gather(
    recipe: Recipe,
    paths: Mapping[str, Path],
    *,
    test_lists: Mapping[str, Path] = {},
    skip_bad: bool = False,
    report: Callable[[str], None] = print,
    progress: ShowProgress = lambda total, description: nullcontext(lambda: None),
) -> Data:
    """Find, check and part everything a recipe needs; decodes every picture once.

    Args:
        paths: by the names that the recipe uses, folders or manifests.
        test_lists: by the same names, a file that names the held-out images, instead of the recipe's split.
        skip_bad: leave out what is bad instead of stopping.

    Raises:
        UsageError: data are missing or, without `skip_bad`, some are bad; or a stage could not fill its batches.
    """
    paired = find_model(recipe.model).full_reference
    unknown = sorted(test_lists.keys() - {source.data for source in recipe.rated})
    if unknown:
        raise UsageError(f"--test-list {unknown[0]}=...: this recipe rates no images by that name")
    photographs = [p for source in recipe.photographs for p in find_photographs(source, paths, report)]
    rated = {source: _load(source, paths, paired) for source in recipe.rated}
    items = [item for ratings in rated.values() for item in ratings.items]
    files = [path for item in items for path in (item.image, item.reference if paired else None) if path]
    wanted = list(dict.fromkeys([*photographs, *map(Picture, files)]))
    with progress(len(wanted), "reading") as advance:
        probed = probe(wanted, advance)

    problems = [p for ratings in rated.values() for p in audit(ratings.items, ratings.low, ratings.high)]
    problems += misfit_photographs(photographs, probed, recipe.smallest_photograph)
    problems += dict.fromkeys(misfit_items(items, probed, recipe.smallest_rated, paired))  # a bad reference once
    if problems and not skip_bad:
        raise UsageError(f"{describe(problems)}\nmend or remove them, or go on without them: --skip-bad")
    if problems:
        report(f"skipped: {describe(problems)}")
    bad = {problem.image for problem in problems}
    sides: dict[bool, list[Picture]] = {False: [], True: []}
    for picture in photographs:
        if picture.path not in bad:
            sides[is_held_out(picture.path, recipe.holdout)].append(cast(Picture, probed[picture]))
    good = {source: replace(ratings, items=without_bad(ratings.items, problems)) for source, ratings in rated.items()}
    learnt, held_out = parted(recipe, good, cast(Mapping[Picture, Picture], probed), test_lists)
    # What is held out as a rated image, or is its reference, is not learnt from as a photograph either.
    tested = {example.image.path for example in held_out}
    pairs = [(item.image, item.reference) for item in items if item.image in tested]
    kept = {path.resolve() for pair in pairs for path in pair if path}
    sides[True] += [picture for picture in sides[False] if picture.path.resolve() in kept]
    sides[False] = [picture for picture in sides[False] if picture.path.resolve() not in kept]
    spread = recipe.rated[0].spread if recipe.rated else Rated.spread
    data = Data(sides[False], sides[True], learnt, held_out, spread)
    for stage in recipe.stages:
        _check(stage, data)
    if not recipe.needs_teachers:
        return data
    report(f"measuring how {', '.join(recipe.metrics)} see each distortion, for the labels")
    beyond = any(stage.beyond for stage in recipe.stages)
    return replace(data, teachers=calibrate(data.photographs, recipe.seed, recipe.metrics, beyond))


def path_of(name: str, paths: Mapping[str, Path]) -> Path:
    """What was given as `--data name=PATH`."""
    if name not in paths:
        raise UsageError(f"this recipe needs --data {name}=PATH")
    if not paths[name].exists():
        raise UsageError(f"--data {name}={paths[name]}: no such folder or file{_page(name)}")
    return paths[name]


def find_photographs(
    source: Photographs, paths: Mapping[str, Path], report: Callable[[str], None] = lambda message: None
) -> list[Picture]:
    """The files of one source, sorted; what is passed over is reported. Raises UsageError when there are none."""
    folder = path_of(source.data, paths)
    found = pictures_matching(folder, source.match)
    for message in found.messages:
        report(message)
    if not found.pictures:
        raise UsageError(f"{folder}: no picture matches {source.match!r}{_page(source.data)}")
    return [Picture(folder / path, source.scale) for path in sorted(found.pictures)]


def _page(name: str) -> str:
    try:
        return f"; {name} is to be had at {find_dataset(name).page}"
    except UsageError:
        return ""


def _load(source: Rated, paths: Mapping[str, Path], paired: bool) -> Ratings:
    path = path_of(source.data, paths)
    if path.is_file():
        items, low, high = read_manifest(path), 1.0, 5.0
    else:
        dataset = _dataset(source, path)
        if dataset.low is None:
            raise UsageError(f"{path}: the scores of {dataset.title} are not public, so nothing is learnt from it")
        items, low, high = load(dataset.name, path), dataset.low, cast(float, dataset.high)
    if paired and any(item.reference is None for item in items):
        raise UsageError(f"{path}: its images have no references, which this recipe's model needs")
    return Ratings(items, low if source.low is None else source.low, high if source.high is None else source.high)


def _dataset(source: Rated, path: Path) -> Dataset:
    try:
        return find_dataset(source.dataset or source.data)
    except UsageError as unknown:
        raise UsageError(
            f"--data {source.data}={path}: a folder must be a data set of `iqa eval --list`, named by `dataset` in the "
            "recipe; give your own images as a manifest CSV"
        ) from unknown


def _check(stage: Stage, data: Data) -> None:
    """Found now, not after hours of training."""
    learnt: Sequence[Picture | Example]
    held_out: Sequence[Picture | Example]
    if stage.kind == "synthetic":
        needed = 1
        learnt, held_out = (
            [p for p in part if p.fits(stage.crop)] for part in (data.photographs, data.photographs_held_out)
        )
    else:
        learnt, held_out = [e for e in data.rated if e.image.fits(stage.crop)], data.rated_held_out
        needed = stage.batch if stage.crop else 1
        if stage.kind == "distilled":
            needed, learnt = 1, [*learnt, *(p for p in data.photographs if p.fits(stage.crop))]
            if not held_out:
                raise UsageError(
                    "a distilled stage needs rated images held out, to be judged by: name some as [[rated]]"
                )
        if stage.distorted and not any(p.fits(stage.crop) for p in data.photographs):
            raise UsageError(f"no photograph holds a crop of {stage.crop} px: put larger ones into its folder")
    if len(learnt) < needed or not held_out:
        raise UsageError(
            f"a {stage.kind} stage needs {needed} pictures of {stage.crop} px to learn from and 1 held out, "
            f"but there are {len(learnt)} and {len(held_out)}: put more into its folder"
        )


Probed = Mapping[Picture, Picture | str]  # itself with its size, or what is wrong with it


def misfit_photographs(photographs: Iterable[Picture], probed: Probed, crop: int) -> Iterator[Problem]:
    """Photographs that cannot be read or do not hold a crop of side `crop`."""
    for picture in photographs:
        yield from _misfit(probed[picture], picture.path, crop)


def misfit_items(items: Iterable[Item], probed: Probed, crop: int, paired: bool) -> Iterator[Problem]:
    """Rated images that cannot be read or do not fit; with `paired`, references too. Missing files are the audit's."""
    for item in items:
        image = probed[Picture(item.image)]
        if item.image.is_file():
            yield from _misfit(image, item.image, crop)
        if not (paired and item.reference and item.reference.is_file()):
            continue
        reference = probed[Picture(item.reference)]
        if isinstance(reference, str):
            yield Problem(Kind.UNREADABLE, item.reference, reference)
        elif isinstance(image, Picture) and reference.size != image.size:
            yield Problem(Kind.SIZES_DIFFER, item.image, f"{item.image} and {item.reference}")


def _misfit(probed: Picture | str, path: Path, crop: int) -> Iterator[Problem]:
    if isinstance(probed, str):
        yield Problem(Kind.UNREADABLE, path, probed)
    elif not probed.fits(crop):
        width, height = probed.size
        yield Problem(Kind.TOO_SMALL, path, f"{path} has {width}x{height} px, crops are {crop} px")

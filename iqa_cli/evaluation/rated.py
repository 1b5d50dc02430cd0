"""What is evaluated: the rated images of a dataset or a manifest, checked before anything is computed.

A test list, such as the official one of a dataset, leaves the images that it names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from iqa_cli.datasets import (
    Choice,
    Dataset,
    Item,
    Kind,
    Problem,
    audit,
    audit_dataset,
    describe,
    find_dataset,
    holds_choices,
    images_of,
    load,
    load_choices,
    read_choices,
    read_manifest,
    without_bad,
)
from iqa_cli.datasets.name_matching import listed
from iqa_cli.datasets.splits import test_names
from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import at_home
from iqa_cli.ground.named_values import by_name
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.records import EMPTY
from iqa_cli.registry import FIRST, NONE, Spec

FILES = (Kind.MISSING_IMAGE, Kind.MISSING_REFERENCE)
ROUNDED = 0.01  # official counts of pairs are rounded


@dataclass(frozen=True)
class Source:
    """Rated images that get a table of results together.

    `dataset` and `root` are None for images of one's own. `unlisted` are rated images that a test list
    leaves out. `choices` are what people preferred, where they rated no single image: the items then are the images of
    the pairs, without labels. `notes` are for the reader of the results.
    """

    name: str
    title: str
    items: tuple[Item, ...]
    dataset: Dataset | None = None
    root: Path | None = None
    unlisted: tuple[Item, ...] = ()
    notes: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def labelled(self) -> bool:
        """False for the parts of PIPAL whose labels are not public."""
        return self.dataset is None or self.dataset.low is not None or bool(self.choices)

    @property
    def scale(self) -> tuple[float, float] | None:
        """Ends of the scale of opinions, where it is known."""
        if self.dataset is None or self.dataset.low is None or self.dataset.high is None:
            return None
        return self.dataset.low, self.dataset.high

    @property
    def paired(self) -> bool:
        """Whether every image has a reference."""
        return all(item.reference is not None for item in self.items)


def from_dataset(name: str, root: Path) -> Source:
    """A dataset in its official layout. Raises UsageError when it is not in `root`."""
    dataset = find_dataset(name)
    if dataset.choices:
        choices = load_choices(name, root)
        notes: tuple[str, ...] = ()
        if dataset.pairs and len(choices) < (1 - ROUNDED) * dataset.pairs:
            notes = (f"{counted(len(choices), 'pair')} here, officially {dataset.pairs}",)
        return _of_choices(name, dataset.title, choices, dataset, root, notes)
    items = load(name, root)
    fewer = len(items) != dataset.images
    notes = (f"{counted(len(items), 'rated image')} here, officially {dataset.images}",) if fewer else ()
    return Source(name, dataset.title, tuple(items), dataset, root, notes=notes)


def from_manifest(path: Path, called: Mapping[str, str] = EMPTY) -> Source:
    """Images of one's own, called as the file, or as its folder where that is just manifest.csv.

    `called` has the file's names of columns by ours.
    """
    name = path.resolve().parent.name if path.stem == "manifest" else path.stem
    if holds_choices(path, called):
        return _of_choices(name, name, read_choices(path, called))
    return Source(name, name, tuple(read_manifest(path, called)))


def _of_choices(
    name: str,
    title: str,
    choices: Sequence[Choice],
    dataset: Dataset | None = None,
    root: Path | None = None,
    notes: tuple[str, ...] = (),
) -> Source:
    """Each image of the pairs is scored once, in however many it is."""
    items = images_of(choices)
    return Source(name, title, tuple(items), dataset, root, notes=notes, choices=tuple(choices))


def read_sources(
    datasets: Sequence[str], roots: Sequence[Path], manifests: Sequence[Path], called: Mapping[str, str] = EMPTY
) -> list[Source]:
    """All that was asked for, datasets first; the first dataset lies in the first root, and so on.

    `called` has the manifests' names of columns by ours.

    Raises UsageError when they do not pair, two would have the same name, or one cannot be read.
    """
    if len(datasets) != len(roots):
        pairs = f"{counted(len(datasets), 'dataset')} and {counted(len(roots), 'root')}"
        raise UsageError(f"every --dataset NAME needs a --root DIR, in the same order; there are {pairs}")
    sources = [from_dataset(name, root) for name, root in zip(datasets, roots, strict=True)]
    sources += [from_manifest(path, called) for path in manifests]
    names = [source.name for source in sources]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise UsageError(f"{twice[0]} is there twice, and results could not be told apart: rename one or leave it out")
    return sources


def with_test_lists(sources: Sequence[Source], values: Sequence[str]) -> list[Source]:
    """The sources, reduced to the lists there are for them.

    Args:
        sources: as read.
        values: "NAME=FILE" by the name of a source, or "FILE" when there is only one source.

    Raises UsageError when a list belongs to no source, or `only_listed` does.
    """
    named = by_name("--test-list", values, [source.name for source in sources])
    lists = {name: Path(at_home(file)) for name, file in named.items()}
    return [only_listed(source, lists[source.name]) if source.name in lists else source for source in sources]


def only_listed(source: Source, path: Path) -> Source:
    """The images that a list names: its part "test", or all of a list without parts.

    Raises UsageError when the file cannot be read, has other parts only, lists none of the images, or has a name that
    could be that of several.
    """
    means = listed((item.image for item in source.items), sorted(test_names(path)))
    tested = set(means.values())
    items = tuple(item for item in source.items if item.image in tested)
    if not items:
        raise UsageError(f"{path}: lists no image of {source.name}; check that it belongs to it")
    absent = sum(image is None for image in means.values())
    notes = [f"{counted(len(items), 'image')} listed in {path.name}"]
    notes += [f"{counted(absent, 'name')} in {path.name} without an image"] if absent else []
    unlisted = tuple(item for item in source.items if item.image not in tested)
    return replace(source, items=items, unlisted=unlisted, notes=(*source.notes, *notes))


def check_references(sources: Sequence[Source], specs: Sequence[Spec]) -> None:
    """Raises UsageError when a full-reference model would meet images without references."""
    needing = [spec.name for spec in specs if spec.full_reference]
    without = [source.name for source in sources if not source.paired]
    if needing and without:
        raise UsageError(
            f"{first_few(needing)}: needs references, which {first_few(without)} has not; "
            f"choose no-reference models such as {FIRST[NONE]}"
        )


def check_labels(sources: Sequence[Source], by_reference: bool, keep: Path | None) -> None:
    """Raises UsageError when a source has no public labels and no file to `keep` scores, or too few references."""
    for source in sources:
        if by_reference and source.choices:
            raise UsageError(f"{source.name}: choices are evaluated whole; leave out --split reference")
        if not source.labelled and keep is None:
            raise UsageError(
                f"{source.title}: its labels are not public, so nothing can be evaluated; "
                "--keep FILE.csv writes the scores, to submit them"
            )
        if by_reference and len({item.group for item in source.items}) < 2:
            raise UsageError(f"{source.name}: --split reference needs two references or more")


def checked(source: Source, *, files: bool, skip_bad: bool) -> Source:
    """The source if nothing is wrong with it, or with `skip_bad` what is left of it, with a note.

    Args:
        source: as read.
        files: whether the image files are needed; else only labels are looked at.
        skip_bad: leave out what is bad.

    Raises UsageError, which counts the problems and gives examples, or when nothing is left.
    """
    problems = _problems(source, files)
    if not problems:
        return source
    found = f"{source.name}: {describe(problems)}"
    if not skip_bad:
        raise UsageError(f"{found}\nmend the data, or leave out what is bad: --skip-bad")
    items = tuple(without_bad(source.items, problems))
    if not items:
        raise UsageError(f"{found}\nno image is left to evaluate")
    return replace(source, items=items, notes=(*source.notes, f"skipped: {describe(problems)}"))


def _problems(source: Source, files: bool) -> list[Problem]:
    dataset = source.dataset
    if dataset and source.root and files:
        # The unlisted are rated too, so they are no images without label, but need not be there.
        everything = (*source.items, *source.unlisted)
        unlisted = {item.image for item in source.unlisted}
        problems = audit_dataset(dataset, source.root, everything)
        return [problem for problem in problems if problem.image not in unlisted]
    low, high = (dataset.low, dataset.high) if dataset else (None, None) if source.choices else (-inf, inf)
    problems = audit(source.items, low, high)
    return [problem for problem in problems if files or problem.kind not in FILES]

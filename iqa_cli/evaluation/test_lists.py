"""Evaluating on the images that a file names: the official test list of a dataset, or one of one's own."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from iqa_cli.datasets.splits import test_names
from iqa_cli.errors import UsageError
from iqa_cli.evaluation.sources import Source
from iqa_cli.plan.wording import counted


def with_test_lists(sources: Sequence[Source], values: Sequence[str]) -> list[Source]:
    """The sources, reduced to the lists there are for them.

    Args:
        sources: as read.
        values: "NAME=FILE" by the name of a source, or "FILE" when there is only one source.

    Raises UsageError when a list belongs to no source, or `only_listed` does.
    """
    names = [source.name for source in sources]
    lists: dict[str, Path] = {}
    for value in values:
        name, separator, file = value.partition("=")
        if separator and name in names:
            lists[name] = Path(file).expanduser()
        elif len(names) == 1:
            lists[names[0]] = Path(value).expanduser()
        else:
            raise UsageError(f"--test-list {value}: say of which, --test-list {'|'.join(names)}=FILE")
    return [only_listed(source, lists[source.name]) if source.name in lists else source for source in sources]


def only_listed(source: Source, path: Path) -> Source:
    """The images whose file names a list has: its part "test", or all of a list without parts.

    Raises UsageError when the file cannot be read, has other parts only, or lists none of the images.
    """
    wanted = {name.lower() for name in test_names(path)}
    listed = tuple(item for item in source.items if item.image.name.lower() in wanted)
    if not listed:
        raise UsageError(f"{path}: lists no image of {source.name}; check that it belongs to it")
    absent = wanted - {item.image.name.lower() for item in listed}
    notes = [f"{counted(len(listed), 'image')} listed in {path.name}"]
    notes += [f"{counted(len(absent), 'name')} in {path.name} without an image"] if absent else []
    unlisted = tuple(item for item in source.items if item.image.name.lower() not in wanted)
    return replace(source, items=listed, unlisted=unlisted, notes=(*source.notes, *notes))

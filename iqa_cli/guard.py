"""No output ever replaces an input: what a run will write is held against what it reads, before anything is opened."""

import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.folders import MAP
from iqa_cli.ground.frame_names import file_of
from iqa_cli.ground.wording import counted
from iqa_cli.output.row_formats import ROW_FORMATS
from iqa_cli.references.contents import container_of
from iqa_cli.storage.names import tar_parts

STDIN, STDOUT = 0, 1
# Tables that may be labels of a data set, and how tables begin that are ours: rows, reports, documents.
TABLES = {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".mat", ".json", ".jsonl", ".npy", ".parquet"}
ROWS, REPORT = rb"(reference,distorted|image)\b.*,status,error,notes\r?\n", rb"dataset,model,part,"
OWN = re.compile(rb'(%s|%s|\{\s*"(meta|reference|image)":)' % (ROWS, REPORT))

Identity = tuple[int, int]  # device and inode: what links and other spellings of one file have in common
StrPath = str | os.PathLike[str]


@dataclass(frozen=True)
class Folder:
    """A folder that a run writes into, and which of the files in it (by relative path) it `may_replace`."""

    path: Path
    may_replace: Callable[[Path], bool]


Output = Path | Folder | Iterable[Path] | None


def map_folder(path: Path | None) -> Folder | None:
    """The folder of `--map`, whose pictures are called after image, model and kind."""
    if path is None:
        return None
    return Folder(path, lambda file: len(file.parts) == 1 and MAP.fullmatch(file.name) is not None)


def numbered(path: Path | None) -> list[Path]:
    """A file, and those there are that it becomes when one is not enough: `plot.svg`, `plot-1.svg`, ..."""
    if path is None:
        return []
    further = re.compile(rf"{re.escape(path.stem)}-\d+{re.escape(path.suffix)}")
    there = path.parent.iterdir() if path.parent.is_dir() else ()
    return [path, *(file for file in there if further.fullmatch(file.name))]


def protect(
    outputs: Mapping[str, Output],
    inputs: Iterable[StrPath | None],
    *,
    label_folders: Iterable[Path] = (),
    more_images: bool = False,
    makes_folders: bool = False,
) -> None:
    """See to it that a run can write its outputs, and that none of them takes the place of anything it reads.

    A file is known by itself, not by its name: links, other spellings, and files that the shell has opened for
    standard input or output, are the same file.

    Args:
        outputs: by option: a file, several, a folder, or None where it is not asked for.
        inputs: every file that is read: images, manifests, score files, test lists, weights, recipes.
        label_folders: of data sets; tables in them that are not ours are taken for labels, hence for inputs.
        makes_folders: the run makes the folders of its files.
        more_images: further images will be named while the run goes on: no picture may be replaced.

    Raises:
        UsageError: an output is an input, is asked for twice, is a folder, or would lie in none.
    """
    files = [(option, file) for option, output in outputs.items() for file in _files(output)]
    _check_places(files, makes_folders)
    there = {identity: named for named in files if (identity := _identity(named[1]))}
    printed = _identity(STDOUT)
    folders = [(option, output) for option, output in outputs.items() if isinstance(output, Folder)]
    if not there and not folders and not printed:
        return
    read = (_read_from(source) if isinstance(source, str) else source for source in inputs)
    for source in (STDIN, *read):
        if source is None or (identity := _identity(source)) is None:
            continue
        if identity in there:
            option, file = there[identity]
            raise UsageError(f"{option} {file}: would replace {_called(source, file)}; name another file")
        if identity == printed:
            raise UsageError(f"standard output goes into {_called(source)}; send it elsewhere, or name -o FILE")
        for option, folder in folders:
            if not isinstance(source, int) and _replaced_in(folder, source):
                raise UsageError(f"{option} {folder.path}: could replace {source}, which is read; name another folder")
    for option, file in there.values():
        if more_images and _is_picture(file):
            raise UsageError(f"{option} {file}: is a picture, which may be among those to score; name another file")
        if any(_is_label(file, folder) for folder in label_folders):
            raise UsageError(f"{option} {file}: lies in a data set, and may be its labels; name another file")


def refuse_existing(outputs: Mapping[str, Output], remedy: str) -> None:
    """See to it that a run loses nothing that an earlier one has written.

    An empty file (of `mktemp`) holds nothing, and what is no regular file (a pipe, /dev/null) keeps nothing.

    Args:
        outputs: as of `protect`; of folders nothing is looked at.
        remedy: what lets the run begin all the same.

    Raises:
        UsageError: a file is there already, or rows of it that a killed run has left.
    """
    there = [(option, file) for option, output in outputs.items() for file in _files(output) if holds(file)]
    if there:
        (option, first), *further = there
        more = f" (and {counted(len(further), 'more file')})" if further else ""
        raise UsageError(f"{option} {first}: is there already{more}; {remedy}; or name another file")


def refuse_existing_rows(
    outputs: Mapping[str, Output], resume: bool, overwrite: bool, reports: Collection[str] = ()
) -> None:
    """As `refuse_existing`, of files of rows, which `resume` goes on from and `overwrite` replaces.

    Files of options among `reports` hold no rows to go on from.
    """
    if resume or overwrite:
        return
    rows = {option: output for option, output in outputs.items() if option not in reports}
    refuse_existing(rows, "--resume keeps its rows and scores the rest, --overwrite replaces it")
    refuse_existing(outputs, "--overwrite replaces it")


def check_not_both(resume: bool, overwrite: bool) -> None:
    """Raises UsageError where what is there is to be gone on from and to be replaced."""
    if resume and overwrite:
        raise UsageError("--resume keeps what is there, --overwrite replaces it: give one of them")


def holds(file: Path) -> bool:
    """Whether there is something in a file, or beside it rows that a killed run has left."""
    unfinished = (file.with_name(file.name + format.parts) for format in ROW_FORMATS.values() if format.parts)
    return (file.is_file() and file.stat().st_size > 0) or any(folder.is_dir() for folder in unfinished)


def _files(output: Output) -> Iterator[Path]:
    if isinstance(output, Path):
        yield output
    elif output is not None and not isinstance(output, Folder):
        yield from output


def _check_places(files: Iterable[tuple[str, Path]], makes_folders: bool) -> None:
    """Whatever would be found too late, after hours of scoring."""
    taken: dict[str, str] = {}
    for option, path in files:
        if not makes_folders and not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent} to write it to; make it first")
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; name a file")
        real = os.path.realpath(path)
        if real in taken:
            raise UsageError(f"{path}: asked for twice, by {taken[real]} and {option}; name different files")
        taken[real] = option


def _identity(file: StrPath | int) -> Identity | None:
    """Of a regular file that is there; of a descriptor too."""
    try:
        found = os.stat(file)  # noqa: PTH116 (a descriptor has no path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _read_from(source: str) -> str:
    """The file that is read: of a frame its clip, of an encoded reference its file, of a member its tar."""
    file = container_of(file_of(source.removeprefix("file://")))
    parts = tar_parts(file)
    return parts[0] if parts else file


def _called(source: StrPath | int, file: Path | None = None) -> str:
    if source == STDIN:
        return "the file that standard input comes from"
    same = file is not None and str(file) == str(source)
    return "itself, which is read" if same else f"{source}, which is read"


def _replaced_in(folder: Folder, source: StrPath) -> bool:
    real, root = Path(os.path.realpath(source)), Path(os.path.realpath(folder.path))
    return real.is_relative_to(root) and folder.may_replace(real.relative_to(root))


def _is_picture(file: Path) -> bool:
    from iqa_cli.images import pixel_count

    return pixel_count(str(file)) > 0


def _is_label(file: Path, folder: Path) -> bool:
    if file.suffix.lower() not in TABLES:
        return False
    real = Path(os.path.realpath(file))
    with real.open("rb") as stream:
        beginning = stream.read(4096)
    return real.is_relative_to(os.path.realpath(folder)) and bool(beginning) and not OWN.match(beginning)

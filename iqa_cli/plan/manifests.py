"""Jobs from a manifest: columns `reference,distorted` or `image`, perhaps `mask` and `box`; others pass through."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from iqa_cli.errors import UsageError
from iqa_cli.ground.box import Box
from iqa_cli.ground.filenames import Finder
from iqa_cli.ground.reading import Table, renamed, stream_table
from iqa_cli.ground.wording import first_few
from iqa_cli.plan.areas import BOX, MASK
from iqa_cli.plan.inputs import Plan
from iqa_cli.records import Job
from iqa_cli.registry import FIRST, NONE
from iqa_cli.storage.names import folder_of, is_local_file, is_url, joined
from iqa_cli.storage.tables import read_table

PAIR = ("reference", "distorted")
SINGLE = ("image",)
Reserved = Callable[[bool], Collection[str]]


def plan_manifest_file(
    path: str,
    full_reference: bool,
    reserved: Reserved = lambda paired: (),
    called: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Plan the rows of a table; relative paths in it are relative to its folder, here, in a tar or at a URL.

    That rule serves data sets, which ship the list beside the images. The file is read whole, so
    that all its bad lines are reported together before the first image is scored.

    Args:
        path: the manifest.
        full_reference: True when rows of a single `image` will not do.
        reserved: names of output columns that no column may take, of paired rows and of others.
        called: what the table calls columns, by our names; with a `reference`, `image` is the distorted one.

    Raises:
        UsageError: the file cannot be read, its columns will not do, or rows are bad.
    """
    table = under_our_names(read_table(path, "manifest"), path, called)
    columns = _path_columns(table, path, full_reference, reserved)
    # A pipe such as `<(...)` has no folder with images.
    here = is_local_file(path) and not Path(path).is_file()
    rows = list(_rows(table, columns, "" if here else folder_of(path)))
    problems = [row for row in rows if isinstance(row, str)]
    if problems:
        raise UsageError(f"{path}: {first_few(problems, separator='; ')}")
    jobs = tuple(row for row in rows if isinstance(row, Job))
    return Plan(jobs=jobs, total=len(jobs), paired=columns == PAIR)


def plan_manifest_lines(
    lines: Iterable[str], name: str, full_reference: bool, reserved: Reserved, called: Mapping[str, str]
) -> Plan:
    """Plan CSV or JSONL rows as they arrive; relative paths are relative to the current directory.

    Read here no further than the columns, then line by line as the jobs are asked for. `name` is what messages call
    the stream, the rest is as of `plan_manifest_file`.

    Raises:
        UsageError: the columns will not do; while the jobs are read, a bad row.
    """
    table = under_our_names(stream_table(lines, name), name, called)
    columns = _path_columns(table, name, full_reference, reserved)
    jobs = _until_a_bad_row(_rows(table, columns, ""), name)
    return Plan(jobs=jobs, total=None, paired=columns == PAIR)


def under_our_names(table: Table, name: str, called: Mapping[str, str]) -> Table:
    """The table with columns renamed. Raises UsageError for one that it does not have."""
    if not called:
        return table
    for our, theirs in called.items():
        if theirs not in table.columns:
            found = first_few(table.columns, limit=12)
            raise UsageError(f"{name}: --column {our}={theirs}: no such column, only {found}")
    if "image" in called and ("reference" in called or "reference" in table.columns):
        called = {**called, "distorted": called["image"]}  # the last name counts
    return renamed(table, called)


def _until_a_bad_row(rows: Iterator[Job | str], name: str) -> Iterator[Job]:
    for row in rows:
        if isinstance(row, str):
            raise UsageError(f"{name}: {row}")
        yield row


def _path_columns(table: Table, name: str, full_reference: bool, reserved: Reserved) -> tuple[str, ...]:
    """Which columns hold paths: `PAIR` or `SINGLE`."""
    where = f"{name}: line {table.line}"
    present = tuple(column for column in PAIR + SINGLE if column in table.columns)
    if present not in (PAIR, SINGLE):
        raise UsageError(
            f"{where}: columns must include either reference,distorted or image, separated by commas; "
            f"found {first_few(table.columns) or 'none'} (name others by --column image=NAME)"
        )
    if full_reference and present == SINGLE:
        raise UsageError(
            f"{where}: a full-reference model needs columns reference,distorted, but there is only image; "
            f"add references or choose a no-reference model such as {FIRST[NONE]}"
        )
    taken = reserved(present == PAIR)
    clashes = [column for column in table.columns if column in taken and column not in present]
    if clashes:
        raise UsageError(f"{where}: the output has columns of its own called {first_few(clashes)}; rename yours")
    return present


def _rows(table: Table, columns: tuple[str, ...], folder: str) -> Iterator[Job | str]:
    """Each row as a job, or as the words for what is wrong with it."""
    empty, find = True, Finder()
    for line, cells in table.rows:
        empty = False
        if isinstance(cells, str):
            yield f"line {line}: {cells}"
        elif blank := [column for column in columns if not cells[column].strip()]:
            yield f"line {line}: no path under {' and '.join(blank)} (fill it in or remove the line)"
        else:
            yield _job(cells, columns, folder, find, line)
    if empty:
        yield f"line {table.line}: no rows below the header (add one per image)"


def below(folder: str, cell: str, find: Finder) -> str:
    """The name that a cell means in a table of that folder, which may lie in a tar or at a URL."""
    if is_url(cell):
        return cell
    # Joining with "." would rewrite "./a.png", and paths are to come back as they were written.
    return find(cell if folder in ("", ".") or cell.startswith("/") else joined(folder, cell))


def _job(cells: dict[str, str], columns: tuple[str, ...], folder: str, find: Finder, line: int) -> Job | str:
    paths = [below(folder, cells[column], find) for column in columns]
    extra = {column: cell for column, cell in cells.items() if column not in columns}
    mask, box = extra.get(MASK, "").strip(), extra.get(BOX, "").strip()
    if mask:
        mask = extra[MASK] = below(folder, mask, find)
    try:
        cut = Box.parse(box) if box else None
    except UsageError as error:
        return f"line {line}: {error}"
    return Job(paths[-1], paths[0] if columns == PAIR else None, extra, mask or None, cut)

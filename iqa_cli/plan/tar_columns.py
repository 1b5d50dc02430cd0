"""Columns from tars in the webdataset layout: what `key.json` says of the pictures `key.jpg`, ... beside it."""

import json
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, BinaryIO

from iqa_cli.ground.json_text import json_value
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.plan.areas import BOX, MASK
from iqa_cli.plan.inputs import Plan
from iqa_cli.storage.names import is_tar, tar_parts
from iqa_cli.storage.tar_members import index_of

SUFFIX = ".json"
LARGEST = 1 << 20  # bytes of a JSON file that is read
AT_ONCE = 8  # tars whose index is read
OURS = ("image", "reference", "distorted", MASK, BOX)  # names that say what is scored
PREFIX = "json_"

Sidecars = dict[str, dict[str, str]]  # of one tar: cells by column, by key


def key_of(member: str) -> str:
    """What the files of one sample have in common: folder and name up to the first dot.

    Source: the webdataset format, github.com/webdataset/webdataset: files of one basename make a sample.
    """
    folder, slash, name = member.rpartition("/")
    return folder + slash + name.partition(".")[0]


def read_sidecars(paths: Iterable[str]) -> tuple[dict[str, Sidecars], list[str]]:
    """What the JSON files of the tars among `paths` say, by tar and key, and messages: of those that are none.

    The index of each tar is read on the way, once. A tar that cannot be read has nothing; who lists it will say why.
    """
    tars = [path for path in dict.fromkeys(paths) if is_tar(path)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(_sidecars, tars))
    messages = [
        f"{tar}: {counted(len(bad), 'JSON file')} without columns, no object of JSON: {first_few(bad)}"
        for tar, (_, bad) in zip(tars, found, strict=True)
        if bad
    ]
    return {tar: sidecars for tar, (sidecars, _) in zip(tars, found, strict=True) if sidecars}, messages


def with_columns(plan: Plan, sidecars: dict[str, Sidecars], reserved: Collection[str]) -> Plan:
    """The plan with what JSON files say of its images, in columns that every row has.

    Columns that the output has itself, and those that would say what is scored, are called `json_...`.
    """
    if not sidecars or plan.total is None:
        return plan
    said = [_said_of((job.image, job.reference), sidecars) for job in plan.jobs]
    names = list(dict.fromkeys(name for cells in said for name in cells))
    called, taken = dict[str, str](), {*reserved, *OURS}
    for name in names:
        new = name
        while new in taken:
            new = PREFIX + new
        called[name] = new
        taken.add(new)
    jobs = [
        replace(job, extra={**job.extra, **{called[name]: cells.get(name, "") for name in names}})
        for job, cells in zip(plan.jobs, said, strict=True)
    ]
    renamed = [f"{name} is called {new}" for name, new in called.items() if name != new]
    told = (f"columns of JSON in tars: {first_few(renamed)}, for the output has its own",) if renamed else ()
    return replace(plan, jobs=tuple(jobs), messages=(*plan.messages, *told))


def _said_of(names: Iterable[str | None], sidecars: dict[str, Sidecars]) -> dict[str, str]:
    """The cells of the first of some names that has any."""
    for name in names:
        tar, member = tar_parts(name or "") or ("", "")
        if found := sidecars.get(tar, {}).get(key_of(member)):
            return found
    return {}


def _sidecars(tar: str) -> tuple[Sidecars, list[str]]:
    found: Sidecars = {}
    bad: list[str] = []

    def see(name: str, opened: BinaryIO, size: int) -> None:
        if name.lower().endswith(SUFFIX) and size <= LARGEST:
            cells = _cells(opened.read(size))
            if cells is None:
                bad.append(name)
            else:
                found[key_of(name)] = cells

    try:
        index_of(tar, see)
    except OSError:
        return {}, []
    return found, bad


def _cells(data: bytes) -> dict[str, str] | None:
    """Members of a JSON object that are no lists and no objects, as manifests have them; None of anything else."""
    try:
        value: Any = json_value(data)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    return {name: _text(cell) for name, cell in value.items() if name and not isinstance(cell, list | dict)}


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)

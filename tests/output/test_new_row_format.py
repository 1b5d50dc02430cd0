"""A new format of rows is one module and one line of the table."""

import json
import sys
from types import ModuleType

import pytest
from rows import COLUMNS, EQUAL, FAILED, GOOD, write_file

from iqa_cli.output import ROW_FORMATS, choose_format, read_kept
from iqa_cli.output.row_formats import RowFormat
from iqa_cli.output.rows import flat_row

# What would stand in a file of its own.
TOY = ModuleType("toy_rows")


class ToyWriter:
    """One `repr` of a row a line."""

    def __init__(self, stream, columns, meta, models):
        self.stream, self.columns = stream, columns

    def write(self, record):
        self.columns = self.columns.for_job(record.job)
        self.stream.write(repr(json.dumps(flat_row(record, self.columns))) + "\n")

    def finish(self):
        pass


def read_toy(path):
    from ast import literal_eval

    return [json.loads(literal_eval(line)) for line in path.read_text().splitlines()]


TOY.ToyWriter, TOY.read_toy = ToyWriter, read_toy


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setitem(sys.modules, "toy_rows", TOY)
    declared = RowFormat("toy", ".toy", writer="toy_rows:ToyWriter", reader="toy_rows:read_toy")
    monkeypatch.setitem(ROW_FORMATS, "toy", declared)


def test_it_is_known_by_its_name_and_by_its_suffix(tmp_path):
    assert choose_format(None, tmp_path / "x.toy", False) == choose_format("toy", None, False) == "toy"


def test_it_is_written_and_resumed_like_the_others(tmp_path):
    path = tmp_path / "x.toy"
    write_file(path, [GOOD, FAILED])
    kept = read_kept(path, "toy", COLUMNS)
    assert [record.job for record in kept] == [GOOD.job]
    write_file(path, [EQUAL], kept=kept)
    assert [row["distorted"] for row in read_toy(path)] == ["a/1.png", "a/ref.png"]

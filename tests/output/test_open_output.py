"""What happens to a file of rows while it is being written."""

import shutil
from types import SimpleNamespace

import pytest
from rows import COLUMNS, EQUAL, GOOD, META, MODELS

from iqa_cli.errors import IqaError
from iqa_cli.output import Target, parquet_rows
from iqa_cli.output.open_output import open_output

SESSION = SimpleNamespace(meta=META, models=MODELS)
DOES = {
    "removed": lambda path: path.unlink(),
    "moved with its folder": lambda path: path.parent.rename(path.parent.with_name("elsewhere")),
    "replaced": lambda path: path.with_name("other").replace(path),
}


@pytest.mark.parametrize("format", ["csv", "jsonl", "json", "table"])
@pytest.mark.parametrize("rows", [1, 2], ids=["at its end", "at the next row"])
@pytest.mark.parametrize("does", DOES.values(), ids=DOES)
def test_a_file_that_is_gone_by_its_name_is_told_and_no_row_is_lost_unheard(tmp_path, format, rows, does):
    path = tmp_path / "out" / "x"
    path.parent.mkdir()
    path.with_name("other").touch()
    with (
        pytest.raises(IqaError, match=r"x: was moved, removed or replaced while it was being written"),
        open_output(Target(format, path), COLUMNS, SESSION, ()) as output,
    ):
        output.write(GOOD)
        does(path)
        if rows == 2:
            output.write(EQUAL)
            raise AssertionError("a row was written to nowhere")


GOES = {
    "removed": lambda folder: shutil.rmtree(folder),
    "moved": lambda folder: folder.rename(folder.with_name("elsewhere")),
    "made anew": lambda folder: (folder.rename(folder.with_name("elsewhere")), folder.mkdir()),
}


@pytest.mark.parametrize("part", [1, 9], ids=["after a part", "before the first part"])
@pytest.mark.parametrize("rows", [1, 2], ids=["at its end", "at the next row"])
@pytest.mark.parametrize("goes", GOES.values(), ids=GOES)
def test_parquet_whose_folder_is_gone_is_told_and_the_folder_is_not_made_again(tmp_path, monkeypatch, part, rows, goes):
    monkeypatch.setattr(parquet_rows, "ROWS_PER_GROUP", part)
    path = tmp_path / "out" / "x.parquet"
    path.parent.mkdir()
    with (
        pytest.raises(IqaError, match=r"x.parquet: was moved, removed or replaced while it was being written"),
        open_output(Target("parquet", path), COLUMNS, SESSION, ()) as output,
    ):
        output.write(GOOD)
        goes(path.parent)
        if rows == 2:
            output.write(EQUAL)
            raise AssertionError("a row was written to nowhere")
    assert not list(path.parent.glob("*"))


@pytest.mark.parametrize("format", ["csv", "json"])
def test_links_and_kept_rows_lead_to_the_file_itself(tmp_path, format):
    (tmp_path / "link").symlink_to(tmp_path / "x")
    for kept in ((), (GOOD,)):
        with open_output(Target(format, tmp_path / "link"), COLUMNS, SESSION, kept) as output:
            output.write(EQUAL)
    assert (tmp_path / "x").read_text().count("a/ref.png") >= 3

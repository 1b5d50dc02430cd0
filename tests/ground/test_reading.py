"""One reader for every table: what pandas, Excel and Windows write is understood alike everywhere."""

import io
import json

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.ground.reading import good_rows, stream_table
from iqa_cli.storage.tables import read_cells, read_table

ROWS = [{"image": "a b.png", "mos": "3.5"}, {"image": "é, ü.png", "mos": "2"}]
FRAME = pd.DataFrame({"image": ["a b.png", "é, ü.png"], "mos": ["3.5", "2"]})


def read(path):
    return good_rows(read_table(path), str(path))


@pytest.fixture
def table(tmp_path):
    """`table(content)`: the rows of a file with these bytes or this text."""

    def rows(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path)

    return rows


@pytest.mark.parametrize(
    "text",
    [
        'image,mos\na b.png,3.5\n"é, ü.png",2\n',
        '\ufeffimage,mos\r\na b.png,3.5\r\n"é, ü.png",2\r\n',
        'image, mos\n a b.png, 3.5\n "é, ü.png", 2\n',
        'image\tmos\na b.png\t3.5\n"é, ü.png"\t2\n',
        'image;mos\r\na b.png;3,5\r\n"é, ü.png";2\r\n',
        "sep=;\r\nimage;mos\r\na b.png;3,5\r\né, ü.png;2\r\n",
        ',image,mos\n0,a b.png,3.5\n1,"é, ü.png",2\n',
        'Unnamed: 0.1,Unnamed: 0,image,mos\n0,0,a b.png,3.5\n1,1,"é, ü.png",2\n',
        'image,mos,,\na b.png,3.5,,\n,,,\n"é, ü.png",2,,\n,,,\n',
        'image,mos\ra b.png,3.5\r"é, ü.png",2\r',
    ],
    ids=["plain", "bom_crlf", "blanks", "tabs", "semicolons", "sep", "index", "indices", "empty_cells", "old_mac"],
)
def test_a_table_is_the_same_however_a_program_parts_its_cells(table, text):
    assert table(text) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_excel_and_powershell_encode_is_read(table, encoding):
    assert table('image\tmos\na b.png\t3.5\n"é, ü.png"\t2\n'.encode(encoding)) == ROWS


@pytest.mark.parametrize("index", [True, False])
def test_what_pandas_writes_as_text_is_read_back(tmp_path, index):
    FRAME.to_csv(tmp_path / "t.csv", index=index)
    assert read(tmp_path / "t.csv") == ROWS


@pytest.mark.parametrize("lines", [True, False])
def test_what_pandas_writes_as_json_is_read_back(tmp_path, lines):
    FRAME.to_json(tmp_path / "t.json", orient="records", lines=lines)
    assert read(tmp_path / "t.json") == ROWS


@pytest.mark.parametrize("index", [True, False])
def test_a_workbook_is_read_like_the_csv_of_it(tmp_path, index):
    FRAME.assign(mos=[3.5, 2.0]).to_excel(tmp_path / "t.xlsx", index=index)
    assert read(tmp_path / "t.xlsx") == ROWS


def test_a_workbook_without_openpyxl_names_the_extra(tmp_path, monkeypatch):
    openpyxl.Workbook().save(tmp_path / "t.xlsx")
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"iqa-cli\[datasets\]"):
        read_table(tmp_path / "t.xlsx")


def test_the_json_of_a_scoring_is_read_by_its_rows(tmp_path):
    text = json.dumps({"meta": {}, "rows": [{"image": "a.png", "triq": 3.5, "notes": []}]}, indent=1)
    (tmp_path / "t.json").write_text(text)
    assert read(tmp_path / "t.json") == [{"image": "a.png", "triq": "3.5", "notes": "[]"}]


def test_bytes_that_are_not_utf_8_survive_as_in_file_names(table):
    (row,) = table(b"image\ncaf\xe9.png\n")
    assert row["image"] == b"caf\xe9.png".decode(errors="surrogateescape")


def test_a_value_under_no_name_is_told_with_its_line(table):
    with pytest.raises(UsageError, match="line 3: 3 cells under 2 columns"):
        table("image,mos\na.png,1\nb,c.png,2\n")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no text"),
        (b"PK\x03\x04 and no more", "not a readable .xlsx"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "not a readable .xlsx"),
        (b"image,mos,mos\na,1,2\n", "a name of its own"),
        (b'image\n"a\n', "broken CSV"),
        (b"[1, 2]", "not a JSON object"),
        (b"[" * 100_000, "not a JSON object|nested too deeply|broken JSON"),
        (b'{"image": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"image": ' + b"9" * 5000 + b"}", "broken JSON"),
        (b'{"image": "a\\ud800.png"}', "half of a character stands alone in 'a"),
    ],
)
def test_what_is_no_table_is_told_in_one_line_that_names_it(table, content, complaint):
    with pytest.raises(UsageError, match=complaint) as caught:
        table(content, "odd.csv")
    assert "odd.csv" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named_by_what_it_should_be(tmp_path):
    with pytest.raises(UsageError, match="cannot read this manifest"):
        read_table(tmp_path / "gone.csv", "manifest")


def test_a_stream_is_read_no_further_than_its_columns():
    def lines():
        yield "image,mos\n"
        yield "a.png,1\n"
        raise AssertionError("read too far")

    table = stream_table(lines(), "standard input")
    assert table.columns == ("image", "mos")
    assert next(table.rows) == (2, {"image": "a.png", "mos": "1"})


def test_a_list_without_header_comes_as_its_cells(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbfa.png, x\r\n\r\nb.png\r\n")
    assert read_cells(tmp_path / "list.txt") == [["a.png", "x"], ["b.png"]]


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1))
def test_what_the_csv_module_of_python_writes_comes_back_but_for_blanks_at_the_start(rows):
    import csv

    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("image", "mos"), *rows])
    table = stream_table(io.StringIO(text.getvalue(), newline=""), "here")
    assert [tuple(cells.values()) for cells in good_rows(table, "here")] == rows

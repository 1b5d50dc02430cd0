"""Parquet is read like the CSV of it: one rule from each type of column to text."""

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.ground.parquet import ROWS_AT_ONCE
from iqa_cli.ground.reading import good_rows
from iqa_cli.storage.tables import read_cells, read_table

NOON = datetime(2026, 11, 26, 12, 0)


def read(path):
    return good_rows(read_table(path), str(path))


def cells(tmp_path, array):
    """The texts of one column."""
    pq.write_table(pa.table({"image": array}), tmp_path / "t.parquet")
    return [row["image"] for row in read(tmp_path / "t.parquet")]


def saved(table):
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (pa.array(["a.png", None, "é, ü.png"]), ["a.png", "", "é, ü.png"]),
        (pa.array(["a", "b", "a", None]).dictionary_encode(), ["a", "b", "a", ""]),
        (pa.array([1, None, -7], pa.int64()), ["1", "", "-7"]),
        (pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)]),
        (pa.array([3, None], pa.int8()).dictionary_encode(), ["3", ""]),
        (pa.array([0.1, 4.0, None, float("nan"), float("inf"), 1e-9]), ["0.1", "4.0", "", "", "inf", "1e-09"]),
        (pa.array([0.1, 1 / 3, None], pa.float32()), ["0.1", "0.33333334", ""]),
        (pa.array([True, False, None]), ["true", "false", ""]),
        (pa.array([NOON, None], pa.timestamp("s")), ["2026-11-26 12:00:00", ""]),
        (pa.array([NOON.replace(microsecond=5)], pa.timestamp("us")), ["2026-11-26 12:00:00.000005"]),
        (pa.array([1], pa.timestamp("ns")), ["1970-01-01 00:00:00.000000001"]),
        (pa.array([NOON.replace(tzinfo=UTC)], pa.timestamp("ms", "UTC")), ["2026-11-26 12:00:00+00:00"]),
        (pa.array([date(2026, 11, 26)]), ["2026-11-26"]),
        (pa.array([time(12, 30)]), ["12:30:00"]),
        (pa.array([Decimal("1.50")]), ["1.50"]),
        (pa.array([None, None]), ["", ""]),
        (pa.array([b"a.png", "é.png".encode(), b"caf\xe9.png", None]), ["a.png", "é.png", "caf\udce9.png", ""]),
        (pa.array([b"ab", b"cd"], pa.binary(2)), ["ab", "cd"]),
        (pa.array(["a.png"], pa.large_string()), ["a.png"]),
        (pa.array(["caf\\udce9.png"]), ["caf\udce9.png"]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_cells_of_every_type_become_text_by_one_rule(tmp_path, array, texts):
    assert cells(tmp_path, array) == texts


def test_a_frame_reads_the_same_from_parquet_and_from_the_csv_that_pandas_writes(tmp_path):
    frame = pd.DataFrame(
        {
            "image": ["a b.png", "é, ü.png", "c.png"],
            "mos": [3.5, np.nan, 2.0],
            "count": [1, 2, 3],
            "kind": pd.Categorical(["x", "y", "x"]),
            "seen": pd.to_datetime(["2026-01-02 03:04:05", None, "2026-01-02 03:04:06"]),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert read(tmp_path / "t.parquet") == read(tmp_path / "t.csv")


def test_row_numbers_of_a_filtered_frame_are_no_column_and_a_named_index_is_one(tmp_path):
    frame = pd.DataFrame({"image": ["a.png", "b.png", "c.png"], "mos": [1, 2, 3]})
    frame[frame.mos > 1].to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet") == [{"image": "b.png", "mos": "2"}, {"image": "c.png", "mos": "3"}]
    frame.set_index("image").to_parquet(tmp_path / "t.parquet")
    assert sorted(read(tmp_path / "t.parquet")[0]) == ["image", "mos"]


def test_rows_keep_their_order_and_their_numbers_over_many_batches(tmp_path):
    count = ROWS_AT_ONCE + 3
    pq.write_table(pa.table({"image": pa.array(range(count))}), tmp_path / "t.parquet", row_group_size=1000)
    rows = list(read_table(tmp_path / "t.parquet").rows)
    assert [(number, cells["image"]) for number, cells in rows] == [(n + 1, str(n)) for n in range(count)]


def test_it_is_known_by_its_first_bytes_whatever_its_name(tmp_path):
    (tmp_path / "list.bin").write_bytes(saved(pa.table({"image": ["a.png"]})))
    assert read(tmp_path / "list.bin") == [{"image": "a.png"}]
    assert read_cells(tmp_path / "list.bin") == [["a.png"]]


WHOLE = saved(pa.table({"image": pa.array([f"{number}.png" for number in range(2000)])}))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"PAR1 and no footer", "not a complete Parquet file; make it anew"),
        (WHOLE[:-100], "not a complete Parquet file"),
        (WHOLE[:200] + bytes(400) + WHOLE[600:], "not a complete Parquet file"),
        (b"image\na.png\n", "not a Parquet file, though it is called one"),
        (b"", "not a Parquet file"),
        (b"PARE" + WHOLE[4:], "encrypted"),
        (saved(pa.table({"image": pa.array([], pa.string())})), "empty"),
        (saved(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])), "a name of its own; found a,a"),
        (saved(pa.table({"image": ["a"], "tags": [["x"]], "exif": [{"iso": 1}]})), r"tags \(list.*, exif \(struct"),
        (saved(pa.table({"image": pa.array([b"\xff\xd8\xff\xe0\0\x10JFIF"])})), "column image holds bytes .* no text"),
    ],
    ids=["no footer", "cut", "zeroed page", "csv", "nothing", "encrypted", "no rows", "twice", "nested", "jpeg"],
)
def test_what_cannot_be_read_is_told_in_one_line_that_names_the_file(tmp_path, content, complaint):
    (tmp_path / "odd.parquet").write_bytes(content)
    with pytest.raises(UsageError, match=complaint) as caught:
        read(tmp_path / "odd.parquet")
    assert "odd.parquet" in str(caught.value) and "\n" not in str(caught.value)


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(WHOLE)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"t\.parquet: reading Parquet .*pip install 'iqa-cli\[parquet\]'"):
        read_table(tmp_path / "t.parquet")

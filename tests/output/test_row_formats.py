"""Which format is meant, and which columns and values every format has."""

import csv
import io
import json
import math
import sys

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import (
    COLUMNS,
    FILES,
    GOOD,
    META,
    RECORDS,
    SINGLE,
    json_rows,
    write_file,
    written,
)

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.output import Columns, choose_format, reserved_columns
from iqa_cli.records import Job, Record, Score


@pytest.mark.parametrize(
    ("explicit", "path", "tty", "expected"),
    [
        (None, None, True, "table"),
        (None, None, False, "csv"),
        (None, "x.csv", True, "csv"),
        (None, "x.JSON", False, "json"),
        (None, "x.jsonl", False, "jsonl"),
        (None, "x.parquet", False, "parquet"),
        (None, "x.txt", False, "table"),
        ("jsonl", "x.csv", True, "jsonl"),
        ("jsonl", None, True, "jsonl"),
        ("csv", "x.unknown", True, "csv"),
    ],
)
def test_the_format_is_the_one_asked_for_else_the_suffix_else_what_suits_stdout(
    explicit, path, tty, expected, tmp_path
):
    assert choose_format(explicit, path and tmp_path / path, tty) == expected


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UsageError, match=r"x\.xlsx.*\.txt, \.csv, \.json, \.jsonl, \.parquet"):
        choose_format(None, tmp_path / "x.xlsx", stdout_is_tty=True)


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match=r"'xml'.*table, csv, json, jsonl, parquet"):
        choose_format("xml", None, stdout_is_tty=True)


def test_parquet_is_refused_on_stdout():
    with pytest.raises(UsageError, match="-o FILE"):
        choose_format("parquet", None, stdout_is_tty=False)


def test_parquet_without_pyarrow_names_the_extra_before_anything_runs(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"iqa-cli\[parquet\]"):
        choose_format(None, tmp_path / "x.parquet", stdout_is_tty=False)


def test_a_file_that_cannot_be_written_is_a_usage_error_that_names_it(tmp_path):
    for suffix in FILES:
        with pytest.raises(UsageError, match=rf"missing.x\.{suffix}: cannot be written"):
            write_file(tmp_path / "missing" / f"x.{suffix}", RECORDS)


def test_csv_columns_are_paths_then_manifest_then_models_then_rules_then_outcome():
    header, rows = written("csv").split("\n", 1)
    assert header == "reference,distorted,mos,iqt,psnr,luma,crop_border,status,error,notes"
    assert list(csv.reader(io.StringIO(rows))) == [
        ["a/ref.png", "a/1.png", "3.2", "0.25", "30.5", "bt601", "0", "ok", "", ""],
        ["a/ref.png", "a/ref.png", "5", "0.75", "inf", "bt601", "0", "ok", "", "alpha on white; 16 bits"],
        ["a/ref.png", "gone.png", "1", "", "", "bt601", "0", "error", "gone.png: no such file, check it", ""],
    ]


def test_a_run_without_references_has_one_column_image():
    text = written("csv", [Record(Job("x.png"), {"triq": Score(3.5)})], SINGLE)
    assert text == "image,triq,status,error,notes\nx.png,3.5,ok,,\n"


def test_columns_known_in_advance_keep_their_order_and_leave_gaps_empty():
    columns = Columns(paired=False, extra=("mos", "camera"), models=("triq",))
    row = pd.read_csv(io.StringIO(written("csv", [Record(Job("x.png", extra={"camera": "Z"}))], columns)))
    assert row.columns.tolist() == ["image", "mos", "camera", "triq", "status", "error", "notes"]
    assert row.loc[0, "camera"] == "Z" and pd.isna(row.loc[0, "mos"])


def test_reserved_columns_are_all_that_an_output_adds_to_the_paths():
    row = json.loads(written("jsonl", [GOOD]))
    added = set(row) - {"reference", "distorted", "mos"}
    assert set(reserved_columns(COLUMNS.models, COLUMNS.constants)) == added


def test_a_late_manifest_column_is_an_error_not_a_loss():
    late = Record(Job("b.png", "r.png", {"mos": "1", "camera": "Z"}))
    with pytest.raises(UsageError, match=r"b\.png.*'camera'"):
        written("csv", [GOOD, late])


def test_a_csv_run_without_rows_still_has_a_header():
    assert written("csv", [], SINGLE) == "image,triq,status,error,notes\n"


def test_json_has_meta_and_rows_with_null_for_what_is_no_number():
    document = json.loads(written("json"))
    assert document["meta"] == META
    good, equal, failed = document["rows"]
    assert good["iqt"] == 0.25
    assert good["details"]["iqt"] == {"status": "ok", "crops": 3}
    assert (equal["psnr"], equal["details"]["psnr"]["status"]) == (None, "infinite")
    assert equal["notes"] == ["alpha on white", "16 bits"]
    assert (failed["iqt"], failed["status"], failed["details"]) == (None, "error", {})


def test_jsonl_rows_are_the_rows_of_json_and_no_line_is_metadata():
    lines = [json.loads(line) for line in written("jsonl").splitlines()]
    assert lines == json.loads(written("json"))["rows"]


@pytest.mark.parametrize("format", ["csv", "json", "jsonl", "table"])
def test_nan_never_reaches_an_output(format):
    wild = Record(
        Job("x.png", "r.png"),
        {
            "iqt": Score(math.nan, details={"spread": math.nan, "levels": (math.inf, 1.0)}),
            "psnr": Score(None),
        },
    )
    text = written(format, [wild])
    assert "nan" not in text.lower()
    if format == "jsonl":
        assert json.loads(text)["details"]["iqt"] == {"status": "ok", "spread": None, "levels": [None, 1.0]}


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=50)
def test_a_score_keeps_every_digit(value):
    record = Record(Job("x.png"), {"triq": Score(value)})
    assert float(next(csv.DictReader(io.StringIO(written("csv", [record], SINGLE))))["triq"]) == value
    assert json.loads(written("jsonl", [record], SINGLE))["triq"] == value


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(NAMES)
@settings(max_examples=100)
def test_any_file_name_comes_back_whole(name):
    record = Record(Job(name), {"triq": Score(1.0)})
    text = written("csv", [record], SINGLE)
    assert next(csv.DictReader(io.StringIO(text, newline="")))["image"] == name
    assert json.loads(written("jsonl", [record], SINGLE))["image"] == name


def test_a_file_name_that_is_not_utf_8_is_written_in_every_format(tmp_path):
    name = b"caf\xe9.png".decode(errors="surrogateescape")
    for suffix in FILES:
        path = tmp_path / f"x.{suffix}"
        write_file(path, [Record(Job(name, "r.png"))])
        if suffix == "csv":
            assert b"caf\xe9.png" in path.read_bytes()
        elif suffix != "parquet":
            assert json_rows(path)[0]["distorted"] == name

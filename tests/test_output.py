"""Records written and read back by the libraries other people will use."""

import csv
import io
import json
import math
import sys

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.output import (
    Columns,
    choose_format,
    open_writer,
    read_kept,
    remaining,
    reserved_columns,
)
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange

COLUMNS = Columns(paired=True, extra=None, models=("iqt", "psnr"), constants={"luma": "bt601", "crop_border": 0})
SINGLE = Columns(paired=False, extra=None, models=("triq",))
MODELS = (ModelInfo("iqt", ScoreRange(0.0, 1.0)), ModelInfo("psnr", ScoreRange(0.0, None)))
META = {"iqa": "1.0", "weights": {"iqt": "abc"}}
FILES = ("csv", "json", "jsonl", "parquet")

GOOD = Record(
    Job("a/1.png", "a/ref.png", {"mos": "3.2"}),
    {"iqt": Score(0.25, details={"crops": 3}), "psnr": Score(30.5)},
)
EQUAL = Record(
    Job("a/ref.png", "a/ref.png", {"mos": "5"}),
    {"iqt": Score(0.75), "psnr": Score(None, "infinite")},
    notes=("alpha on white", "16 bits"),
)
FAILED = Record(Job("gone.png", "a/ref.png", {"mos": "1"}), error="gone.png: no such file, check it")
RECORDS = (GOOD, EQUAL, FAILED)


class RecordingStream(io.StringIO):
    """A pipe that remembers what had reached it at each flush."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def flush(self):
        self.seen.append(self.getvalue())


class FakeTerminal(io.StringIO):
    def isatty(self):
        return True


def written(format, records=RECORDS, columns=COLUMNS, models=MODELS, stream=None):
    stream = stream or io.StringIO()
    with open_writer(format, None, columns, META, models, stdout=stream) as writer:
        for record in records:
            writer.write(record)
    return stream.getvalue()


def write_file(path, records, columns=COLUMNS, kept=()):
    format = choose_format(None, path, stdout_is_tty=False)
    with open_writer(format, path, columns, META, MODELS, kept) as writer:
        for record in records:
            writer.write(record)


def json_rows(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(text)["rows"] if path.suffix == ".json" else [json.loads(x) for x in text.splitlines()]


def images(path):
    column = "distorted"
    if path.suffix == ".parquet":
        return pq.read_table(path).column(column).to_pylist()
    if path.suffix == ".csv":
        return pd.read_csv(path)[column].tolist()
    return [row[column] for row in json_rows(path)]


# Which format


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
    with pytest.raises(UsageError, match=r"x\.xlsx.*\.csv, \.json, \.jsonl, \.parquet, \.txt"):
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


# Columns and values


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


def test_parquet_holds_the_columns_of_the_csv_with_types_and_meta(tmp_path):
    write_file(tmp_path / "x.parquet", RECORDS)
    write_file(tmp_path / "x.csv", RECORDS)
    table = pq.read_table(tmp_path / "x.parquet")
    assert table.column_names == pd.read_csv(tmp_path / "x.csv").columns.tolist()
    assert table.column("psnr").to_pylist() == [30.5, math.inf, None]
    assert table.column("crop_border").to_pylist() == [0, 0, 0]
    assert table.column("error").to_pylist()[:2] == [None, None]
    assert json.loads(table.schema.metadata[b"iqa"]) == META
    assert not (tmp_path / "x.parquet.part").exists()


def test_parquet_keeps_its_rows_in_order_over_many_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("iqa_cli.output.parquet.ROWS_PER_GROUP", 2)
    records = [Record(Job(f"{i}.png", "r.png"), {"psnr": Score(float(i))}) for i in range(5)]
    write_file(tmp_path / "x.parquet", records)
    assert pq.read_table(tmp_path / "x.parquet").column("psnr").to_pylist() == [0, 1, 2, 3, 4]


# Streaming and interruption


@pytest.mark.parametrize("format", ["csv", "json", "jsonl"])
def test_each_row_is_flushed_before_the_next_is_asked_for(format):
    stream = RecordingStream()
    with open_writer(format, None, COLUMNS, META, MODELS, stdout=stream) as writer:
        for record in RECORDS:
            writer.write(record)
            assert record.job.image in stream.seen[-1]


@pytest.mark.parametrize("suffix", FILES)
def test_an_interrupted_run_leaves_a_complete_document_with_its_rows(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"

    def interrupted():
        yield from RECORDS[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, interrupted())
    assert images(path) == ["a/1.png", "a/ref.png"]


def test_json_without_a_single_row_is_valid(tmp_path):
    write_file(tmp_path / "x.json", [])
    assert json_rows(tmp_path / "x.json") == []


def test_a_second_run_overwrites_the_file(tmp_path):
    for suffix in FILES:
        path = tmp_path / f"x.{suffix}"
        write_file(path, RECORDS)
        write_file(path, [GOOD])
        assert images(path) == ["a/1.png"]


def test_whatever_the_locale_stdout_is_utf_8_with_plain_line_ends():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="\r\n")
    with open_writer("csv", None, SINGLE, META, (), stdout=stream) as writer:
        writer.write(Record(Job("猫.png"), {"triq": Score(1.0)}))
    assert raw.getvalue().decode() == "image,triq,status,error,notes\n猫.png,1.0,ok,,\n"


# Resume


@pytest.mark.parametrize("suffix", FILES)
def test_good_rows_are_kept_whole_and_failed_ones_are_not(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"
    write_file(path, RECORDS)
    kept = read_kept(path, suffix, COLUMNS)
    assert [(record.job.reference, record.job.image) for record in kept] == [
        ("a/ref.png", "a/1.png"),
        ("a/ref.png", "a/ref.png"),
    ]
    good, equal = kept
    assert good.job.extra == {"mos": "3.2"}
    assert good.scores["iqt"].value == 0.25
    assert equal.scores["psnr"] == Score(None, "infinite")
    assert written("csv", kept) == written("csv", RECORDS[:2])
    if suffix.startswith("json"):
        assert written("json", kept) == written("json", RECORDS[:2])


@pytest.mark.parametrize("suffix", FILES)
def test_a_resumed_file_holds_the_kept_rows_and_then_the_new_ones(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"
    write_file(path, (FAILED, GOOD))
    retried = Record(FAILED.job, GOOD.scores)
    write_file(path, [retried, EQUAL], kept=read_kept(path, suffix, COLUMNS))
    assert images(path) == ["a/1.png", "gone.png", "a/ref.png"]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", FILES)
def test_resuming_an_interrupted_run_gives_the_bytes_of_an_undisturbed_one(suffix, tmp_path):
    undisturbed, resumed = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    write_file(undisturbed, (GOOD, EQUAL))
    write_file(resumed, [GOOD])
    write_file(resumed, [EQUAL], kept=read_kept(resumed, suffix, COLUMNS))
    assert resumed.read_bytes() == undisturbed.read_bytes()


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl"])
def test_a_file_cut_by_a_kill_resumes_with_the_rows_that_are_whole(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"
    first = Record(Job("ä\n,1.png", "r.png", {"mos": "1"}), GOOD.scores)
    write_file(path, [first, GOOD, EQUAL])
    whole = path.read_bytes()
    expected = read_kept(path, suffix, COLUMNS)
    start = len(whole) - len(whole.split(b"\n", 1)[1])  # past the header
    if suffix == "jsonl":
        start = 0
    counts = set()
    for size in range(len(whole), start - 1, -3):
        path.write_bytes(whole[:size])
        kept = read_kept(path, suffix, COLUMNS)
        assert kept == expected[: len(kept)]
        counts.add(len(kept))
    assert counts == {0, 1, 2, 3}


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl"])
def test_a_resumed_run_that_is_interrupted_again_loses_no_kept_row(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"
    write_file(path, [GOOD])
    kept = read_kept(path, suffix, COLUMNS)
    with open_writer(suffix, path, COLUMNS, META, MODELS, kept):
        # As a kill would leave it: nothing completed, nothing new.
        assert read_kept(path, suffix, COLUMNS) == kept


@pytest.mark.parametrize("suffix", FILES)
def test_nothing_is_kept_of_a_file_that_is_missing_or_empty(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"
    assert read_kept(path, suffix, COLUMNS) == []
    path.touch()
    assert read_kept(path, suffix, COLUMNS) == []


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        (Columns(True, None, ("iqt-c", "psnr"), COLUMNS.constants), "iqt, psnr.*iqt-c, psnr"),
        (Columns(True, None, ("iqt",), COLUMNS.constants), "columns"),
        (Columns(True, ("camera",), COLUMNS.models, COLUMNS.constants), "mos.*camera"),
        (Columns(False, None, COLUMNS.models, COLUMNS.constants), "columns"),
        (Columns(True, None, COLUMNS.models, {"luma": "full", "crop_border": 0}), "luma bt601.*luma full"),
    ],
)
def test_a_file_of_another_run_is_not_resumed(suffix, other, complaint, tmp_path):
    path = tmp_path / f"x.{suffix}"
    write_file(path, RECORDS)
    with pytest.raises(UsageError, match=complaint):
        read_kept(path, suffix, other)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        ("csv", "name,age\nx,3\n"),
        ("csv", written("csv", [GOOD]).replace("0.25", "good")),
        ("json", '{"a": 1}'),
        ("json", '{"rows": [1, 2]}'),
        ("jsonl", "hello\nworld\n"),
        ("jsonl", "[1]\n"),
        ("parquet", "PAR1 and no footer"),
    ],
)
def test_a_file_that_is_no_output_of_ours_is_not_resumed(suffix, text, tmp_path):
    path = tmp_path / f"x.{suffix}"
    path.write_text(text)
    with pytest.raises(UsageError, match=path.name):
        read_kept(path, suffix, COLUMNS)


def test_a_table_cannot_be_resumed(tmp_path):
    with pytest.raises(UsageError, match="table"):
        read_kept(tmp_path / "x.txt", "table", COLUMNS)


def test_a_link_is_followed_not_replaced_when_a_file_is_resumed(tmp_path):
    for suffix in FILES:
        target, link = tmp_path / f"target.{suffix}", tmp_path / f"link.{suffix}"
        write_file(target, [GOOD])
        link.symlink_to(target)
        write_file(link, [EQUAL], kept=read_kept(link, suffix, COLUMNS))
        assert link.is_symlink()
        assert images(target) == ["a/1.png", "a/ref.png"]


# The table


def test_a_table_ends_with_the_mean_of_finite_scores_and_says_what_it_left_out():
    text = written("table")
    mean = next(line for line in text.splitlines() if line.split()[:1] == ["mean"])
    assert mean.split() == ["mean", "0.5000", "30.5000"]
    assert "1 of 3 rows failed" in text
    assert "mean psnr: 1 infinite left out" in text
    assert "luma bt601, crop_border 0" in text


def test_a_table_shows_direction_range_and_the_error_of_a_failed_row():
    models = (ModelInfo("iqt", ScoreRange(0.0, 1.0)), ModelInfo("lpips", ScoreRange(higher_is_better=False)))
    columns = Columns(paired=True, extra=None, models=("iqt", "lpips"))
    text = written("table", columns=columns, models=models)
    assert "iqt ↑" in text and "0–1" in text and "lpips ↓" in text
    marked = [" ".join(line.split()) for line in text.splitlines() if "✗" in line]
    assert marked == ["a/ref.png gone.png 1 ✗ ✗", "✗ gone.png: no such file, check it"]


def test_a_table_says_once_how_many_rows_a_note_concerns():
    assert "2 × alpha on white; 16 bits" in written("table", [EQUAL, GOOD, EQUAL])


def test_decimals_stand_under_each_other():
    records = [Record(Job(f"{v}"), {"triq": Score(v)}) for v in (3.14159, 12.5, 100.0)]
    text = written("table", records, SINGLE, (ModelInfo("triq", ScoreRange(1, 5)),))
    rows = [line for line in text.splitlines() if "." in line]
    assert len({line.rindex(".") for line in rows}) == 1
    assert len(rows) == 4  # with the mean


def test_a_single_row_has_no_mean():
    assert "mean" not in written("table", [GOOD])


def test_a_piped_table_never_cuts_a_long_name_and_reads_brackets_as_they_are():
    name = "[bold]" + "x" * 300 + "\x1b[31m\n[/bold].png"
    text = written("table", [Record(Job(name), {"triq": Score(1.0)})], SINGLE, (ModelInfo("triq", ScoreRange(1, 5)),))
    assert "[bold]" + "x" * 300 + r"\x1b[31m" in text
    assert "\x1b" not in text


def test_a_table_on_a_narrow_terminal_folds_names_but_not_numbers(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    text = Text.from_ansi(written("table", stream=FakeTerminal())).plain
    rows = text[: text.index("rows failed")].splitlines()
    assert max(len(row) for row in rows) <= 40
    assert "30.5000" in text
    assert "…" not in text


def test_an_interrupted_table_shows_the_rows_it_has():
    stream = io.StringIO()
    with (
        pytest.raises(KeyboardInterrupt),
        open_writer("table", None, COLUMNS, META, MODELS, stdout=stream) as w,
    ):
        w.write(GOOD)
        raise KeyboardInterrupt
    assert "a/1.png" in stream.getvalue()


def test_of_jobs_given_twice_each_kept_row_stands_for_one():
    twice = [Job("d.png", "r.png", {"who": who}) for who in ("A", "B")] + [Job("d.png", "r.png", {"who": "A"})]
    kept = [Record(twice[0], {})]
    assert list(remaining(twice, kept)) == twice[1:]

"""The table for a person."""

import io

import pytest
from rich.text import Text
from rows import COLUMNS, EQUAL, GOOD, META, MODELS, SINGLE, FakeTerminal, written

from iqa_cli.output import Columns, open_writer, remaining
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange


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
    assert marked == ["ref.png gone.png 1 ✗ ✗", "✗ gone.png: no such file, check it"]


def test_the_only_row_that_failed_is_no_rows():
    failed = Record(Job("gone.png"), {}, "gone.png: no such file")
    assert "1 of 1 row failed" in written("table", [failed], SINGLE, (ModelInfo("triq", ScoreRange(1, 5)),))


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


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_a_table_on_a_terminal_cuts_names_in_the_middle_and_no_number(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    names = [f"results/{'long' * 30}{number}{'er' * 30}.png" for number in (1, 2)]
    records = [Record(Job(name, "gt/a.png", {"mos": "3.25"}), GOOD.scores) for name in names]
    text = Text.from_ansi(written("table", records, stream=FakeTerminal())).plain
    rows = text[: text.index("reference in gt/")].splitlines()
    assert max(len(row) for row in rows) <= columns
    images = [row for row in rows if "…" in row]
    assert len(images) % 2 == 0 and all("a.png" in row for row in images)
    assert text.count("30.5000") == text.count("0.2500") == 3 and "3.25" in text
    assert "reference in gt/; distorted in results/" in text


def test_an_interrupted_table_shows_the_rows_it_has():
    stream = io.StringIO()
    with (
        pytest.raises(KeyboardInterrupt),
        open_writer("table", None, COLUMNS, META, MODELS, stdout=stream) as w,
    ):
        w.write(GOOD)
        raise KeyboardInterrupt
    assert "1.png" in stream.getvalue()


def test_of_jobs_given_twice_each_kept_row_stands_for_one():
    twice = [Job("d.png", "r.png", {"who": who}) for who in ("A", "B")] + [Job("d.png", "r.png", {"who": "A"})]
    kept = [Record(twice[0], {})]
    assert list(remaining(twice, kept)) == twice[1:]

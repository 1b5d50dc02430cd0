"""Which rows of an earlier run are kept."""

import pandas as pd
import pytest
from rows import COLUMNS, EQUAL, FAILED, FILES, GOOD, META, MODELS, RECORDS, images, write_file, written

from iqa_cli.errors import UsageError
from iqa_cli.output import Columns, by_jobs, open_writer, read_kept, remaining
from iqa_cli.records import Job, Record, Score


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


@pytest.mark.parametrize(
    ("suffix", "score"), [("csv", ""), ("csv", "nan"), ("csv", "-inf"), ("json", "null"), ("jsonl", "null")]
)
def test_a_row_that_is_called_ok_and_lacks_a_score_is_scored_again(suffix, score, tmp_path):
    path = tmp_path / f"x.{suffix}"
    path.write_text(written(suffix, [GOOD, EQUAL]).replace("0.25", score))
    kept = read_kept(path, suffix, COLUMNS)
    assert list(remaining([GOOD.job, EQUAL.job], kept)) == [GOOD.job]


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
        ("jsonl", written("jsonl", [GOOD]).replace("0.25", "[]")),
        ("jsonl", written("jsonl", [GOOD]).replace("0.25", "[" * 100_000)),
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


@pytest.mark.parametrize(
    "name", [" a.png", "a.png ", "a, b.png", 'say "hi".png', "\ta.png", "tab\t.png", "x;y.png", "\r.png"]
)
def test_blanks_and_signs_of_a_name_survive_in_csv(name, tmp_path):
    path = tmp_path / "x.csv"
    write_file(path, [Record(Job(name, "r.png"), {"iqt": Score(0.5), "psnr": Score(1.0)})])
    assert pd.read_csv(path, keep_default_na=False).distorted.tolist() == [name]
    assert [record.job.image for record in read_kept(path, "csv", COLUMNS)] == [name]


@pytest.mark.parametrize("index", [False, True])
def test_a_file_that_pandas_or_excel_has_written_again_is_resumed(index, tmp_path):
    path = tmp_path / "x.csv"
    write_file(path, [GOOD, EQUAL])
    pd.read_csv(path).to_csv(path, index=index, encoding="utf-8-sig", lineterminator="\r\n")
    kept = read_kept(path, "csv", COLUMNS)
    assert kept[0].scores["iqt"].value == 0.25 and kept[1].scores["psnr"].status == "infinite"
    assert list(remaining([GOOD.job, EQUAL.job, FAILED.job], kept)) == [FAILED.job]


def of_id(number, score=30.5):
    return Record(Job("a.png", "r.png", {"id": number}), {"iqt": Score(0.5), "psnr": Score(score)})


def test_a_job_takes_the_row_of_its_own_text_before_one_of_an_equal_number():
    padded, plain, decimal = (of_id(number) for number in ("01", "1", "1.0"))
    jobs = [padded.job, plain.job]
    assert list(remaining(jobs, [plain])) == [padded.job]
    assert list(remaining(jobs, [plain, decimal])) == []
    assert list(remaining(iter(jobs), [plain, decimal])) == []
    assert list(by_jobs([plain, padded], jobs)) == [padded, plain]
    assert list(by_jobs([plain, decimal], jobs)) == [decimal, plain]


def test_of_a_job_given_more_often_than_there_are_rows_the_last_are_left():
    first, second = of_id("1"), of_id("1", score=31.5)
    assert list(remaining([first.job] * 3, [first, second])) == [first.job]
    assert list(by_jobs([first, second], [first.job] * 3)) == [first, second]

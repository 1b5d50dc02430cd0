"""Which rows a run keeps where it writes several files."""

import pytest
from rows import COLUMNS, EQUAL, FAILED, GOOD, RECORDS, images, write_file, written

from iqa_cli.errors import UsageError
from iqa_cli.output import Target, kept_rows
from iqa_cli.records import Job, Record, Score


def targets(folder, *names):
    formats = {"txt": "table"}
    return [Target(formats.get(suffix := name.rpartition(".")[2], suffix), folder / name) for name in names]


def test_the_rows_of_all_files_are_kept_once_with_the_details_of_the_one_that_has_them(tmp_path):
    write_file(tmp_path / "a.csv", (GOOD, EQUAL))
    write_file(tmp_path / "b.json", (GOOD,))  # a kill came before its second row
    kept = kept_rows(targets(tmp_path, "a.csv", "b.json", "new.parquet", "table.txt"), COLUMNS)
    assert [record.job.image for record in kept] == ["a/1.png", "a/ref.png"]
    assert kept[0].scores["iqt"].details == {"crops": 3}
    assert written("csv", kept) == written("csv", RECORDS[:2])


def test_a_job_given_twice_keeps_its_two_rows(tmp_path):
    write_file(tmp_path / "a.csv", (GOOD, GOOD, EQUAL))
    write_file(tmp_path / "b.jsonl", (GOOD, GOOD))
    assert len(kept_rows(targets(tmp_path, "a.csv", "b.jsonl"), COLUMNS)) == 3


def test_files_that_differ_in_a_score_are_refused_by_name(tmp_path):
    write_file(tmp_path / "a.csv", (GOOD, EQUAL))
    write_file(tmp_path / "b.json", (Record(GOOD.job, {**GOOD.scores, "psnr": Score(29.0)}),))
    with pytest.raises(UsageError, match=r"b\.json and .*a\.csv differ on a/1\.png: psnr 29\.0 and 30\.5"):
        kept_rows(targets(tmp_path, "a.csv", "b.json"), COLUMNS)


def test_without_a_file_whose_rows_can_be_read_there_is_nothing_to_resume(tmp_path):
    for names in ((), ("table.txt",)):
        with pytest.raises(UsageError, match=r"--resume needs -o FILE\.csv, \.json, \.jsonl or \.parquet"):
            kept_rows(targets(tmp_path, *names), COLUMNS)


def test_a_file_that_lags_behind_gets_the_rows_it_lacks(tmp_path):
    write_file(tmp_path / "a.csv", (GOOD, EQUAL, FAILED))
    write_file(tmp_path / "b.jsonl", (GOOD,))
    kept = kept_rows(targets(tmp_path, "a.csv", "b.jsonl"), COLUMNS)
    write_file(tmp_path / "b.jsonl", (), kept=kept)
    assert images(tmp_path / "b.jsonl") == ["a/1.png", "a/ref.png"]


@pytest.mark.parametrize("names", [("a.csv", "b.json"), ("a.json", "b.csv")], ids=" ".join)
def test_a_label_that_one_file_has_already_replaces_the_wrong_one_of_the_others(names, tmp_path):
    right = Job(GOOD.job.image, GOOD.job.reference, {"mos": "1.0"})
    write_file(tmp_path / names[0], (Record(right, GOOD.scores), EQUAL))  # resumed alone since the label was corrected
    write_file(tmp_path / names[1], (GOOD, EQUAL))
    kept = kept_rows(targets(tmp_path, *names), COLUMNS, [right, EQUAL.job])
    assert [record.job for record in kept] == [right, EQUAL.job]


def test_ids_of_one_number_are_rows_of_their_own_in_whichever_file_they_are(tmp_path):
    padded, plain = (Record(Job("a.png", "r.png", {"id": number}), GOOD.scores) for number in ("01", "1"))
    write_file(tmp_path / "a.csv", (padded, plain))
    write_file(tmp_path / "b.jsonl", (plain,))
    kept = kept_rows(targets(tmp_path, "a.csv", "b.jsonl"), COLUMNS)
    assert [record.job.extra["id"] for record in kept] == ["1", "01"]

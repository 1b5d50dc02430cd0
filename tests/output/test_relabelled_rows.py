"""Rows of an earlier run, whose images people have said something else of since."""

import pytest
from rows import COLUMNS, EQUAL, FAILED, FILES, GOOD, images, write_file

from iqa_cli.output import read_kept, remaining
from iqa_cli.output.kept_rows import kept_rows, relabelled
from iqa_cli.output.target import Target
from iqa_cli.records import Job, Record


def corrected(job, **extra):
    return Job(job.image, job.reference, {**job.extra, **extra})


def row(job):
    return Record(job, GOOD.scores)


@pytest.mark.parametrize("suffix", FILES)
def test_a_row_takes_the_label_that_its_image_has_now_in_its_place(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"
    write_file(path, (GOOD, EQUAL))
    jobs = [corrected(GOOD.job, mos="1.0"), EQUAL.job, FAILED.job]
    kept = kept_rows([Target(suffix, path)], COLUMNS, jobs)
    assert list(remaining(jobs, kept)) == [FAILED.job]
    write_file(path, (), kept=kept)
    assert [record.job.extra["mos"] for record in read_kept(path, suffix, COLUMNS)] == ["1.0", "5"]
    assert images(path) == ["a/1.png", "a/ref.png"]


def test_rows_of_files_that_several_jobs_are_for_stay_as_many():
    one, two = (corrected(GOOD.job, mos=number) for number in ("01", "2"))
    same = corrected(one, mos="1")
    assert relabelled([row(one), row(two)], [same, two]) == [row(one), row(two)]
    third = corrected(one, mos="3")
    assert [kept.job for kept in relabelled([row(one), row(two)], [two, third])] == [third, two]
    assert list(remaining([one, two, third], relabelled([row(one), row(two)], [one, two, third]))) == [third]


def test_a_corrected_label_finds_the_row_of_its_own_id_before_one_of_an_equal_number():
    padded, plain = (corrected(GOOD.job, id=number) for number in ("01", "1"))
    jobs = [corrected(plain, mos="1.5"), corrected(padded, mos="2.5")]
    assert [kept.job for kept in relabelled([row(padded), row(plain)], jobs)] == jobs[::-1]


def test_of_rows_that_differ_in_more_than_a_label_none_takes_the_place_of_another():
    of_a, inside = corrected(GOOD.job, dataset="a"), corrected(GOOD.job, box="0,0,9,9")
    for column in ("id", "split", "method"):
        one, other = (corrected(GOOD.job, **{column: cell, "mos": cell}) for cell in ("1", "2"))
        assert relabelled([row(one)], [other]) == [row(one)]
        assert list(remaining([other], relabelled([row(one)], [other]))) == [other]
    for kept, job in (
        (of_a, corrected(GOOD.job, dataset="b")),
        (inside, corrected(GOOD.job, box="0,0,8,8")),
        (GOOD.job, EQUAL.job),
    ):
        assert relabelled([row(kept)], [job]) == [row(kept)]

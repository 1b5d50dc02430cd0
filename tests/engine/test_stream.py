"""The run: order, what a failure costs, what is decoded once, streaming and leaving early."""

import gc
import threading
import time
import weakref
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from fakes import ALONE, CROPPED, Brightness, Difference, executor, grey, score_of

from iqa_cli.engine import decode_ahead as decode
from iqa_cli.engine import stream as running
from iqa_cli.engine.decode_ahead import DecodeOptions
from iqa_cli.engine.stream import run
from iqa_cli.errors import UsageError
from iqa_cli.records import Job, ScoreRange
from iqa_cli.registry import Spec

PATIENCE = 20  # seconds: far more than anything here takes, so that a hang fails and does not hang


@contextmanager
def leaving_no_thread():
    """Everything started inside has ended a moment after it is left, and leaving it takes no long wait."""
    before, began = set(threading.enumerate()), time.monotonic()
    yield
    while (left := set(threading.enumerate()) - before) and time.monotonic() < began + PATIENCE:
        time.sleep(0.01)
    assert not left
    assert time.monotonic() < began + PATIENCE


def test_records_come_in_the_order_of_the_jobs_however_long_each_takes_to_decode(jobs, monkeypatch):
    values = list(range(40))
    load_image = decode.load_image

    def dawdling(path, policy):
        time.sleep(0.01 if path.endswith("7.png") else 0)
        return load_image(path, policy)

    monkeypatch.setattr(decode, "load_image", dawdling)
    wanted = jobs(values)
    records = list(run(wanted, [executor()], DecodeOptions(), streaming=False))
    assert [record.job for record in records] == wanted
    assert [record.scores["fake"].value for record in records] == [score_of(value) for value in values]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_broken_image_costs_its_own_row(jobs, tmp_path, streaming):
    good = jobs([10, 20])
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    bad = [replace(good[0], image=str(tmp_path / "broken.png")), replace(good[0], reference=str(tmp_path / "none.png"))]
    first, broken, unpaired, last = run([good[0], *bad, good[1]], [executor()], DecodeOptions(), streaming)
    assert (first.status, broken.status, unpaired.status, last.status) == ("ok", "error", "error", "ok")
    assert "broken.png" in broken.error and "none.png" in unpaired.error
    assert broken.scores == unpaired.scores == {}
    assert last.scores["fake"].value == score_of(20)


def test_an_image_too_small_for_one_model_is_scored_by_the_other(jobs):
    wide = Spec("wide", "Wide", "full-reference", "", "", ScoreRange(0, 1), minimum=100, paper="")
    (record,) = run(jobs([10]), [executor(), executor(spec=wide)], DecodeOptions(), streaming=False)
    assert record.scores["fake"].value == score_of(10)
    assert record.scores["wide"].status == "error"
    assert "10.png: wide: 24x24 px is too small" in record.error


def test_what_the_models_fault_is_stops_the_run(jobs):
    def broken(images):
        raise RuntimeError("shapes do not fit")

    with leaving_no_thread(), pytest.raises(RuntimeError, match="shapes do not fit"):
        list(run(jobs([1, 2]), [executor(Difference(broken))], DecodeOptions(), streaming=False))


@pytest.mark.parametrize("streaming", [False, True])
def test_a_bad_line_ends_the_run_after_the_rows_before_it(jobs, streaming):
    good = jobs([1, 2, 3])

    def lines():
        yield from good
        raise UsageError("standard input: line 5: no path")

    records = []
    with pytest.raises(UsageError, match="line 5"):
        for record in run(lines(), [executor()], DecodeOptions(), streaming):
            records.append(record.job)
    assert records == good


def mismatched(saved):
    return Job(saved("small.png", grey(51, 20, 24)), saved("black.png", grey(0, 24, 26)))


def test_a_size_mismatch_costs_the_row_unless_a_rule_is_given(saved):
    (record,) = run([mismatched(saved)], [executor()], DecodeOptions(), streaming=False)
    assert "24x20" in record.error and "26x24" in record.error
    for rule, note in (("crop", "both cut to 24x20"), ("resize", "distorted resized to 26x24")):
        options = DecodeOptions(on_size_mismatch=rule)
        (record,) = run([mismatched(saved)], [executor()], options, streaming=False)
        assert record.scores["fake"].value == score_of(51)
        assert note in " ".join(record.notes)


def test_a_cut_reference_is_not_taken_for_the_whole_one(saved):
    small = mismatched(saved)
    whole = replace(small, image=saved("whole.png", grey(102, 24, 26)))
    options = DecodeOptions(on_size_mismatch="crop")
    records = run([whole, small, whole], [executor()], options, streaming=False)
    assert [record.scores["fake"].value for record in records] == [score_of(102), score_of(51), score_of(102)]


def test_an_image_below_the_crop_is_reflected_and_says_so(saved):
    job = Job(saved("small.png", grey(51, 20, 40)), saved("black.png", grey(0, 20, 40)))
    (record,) = run([job], [executor(spec=CROPPED)], DecodeOptions(), streaming=False)
    assert record.scores["fake"].value == score_of(51)
    assert record.notes == ("fake: 40x20 reflected to 40x32",)


def test_a_reference_is_decoded_and_encoded_once_for_all_that_share_it(jobs, decoded_files):
    work = executor()
    records = list(run(jobs(range(40)), [work], DecodeOptions(), streaming=False))
    assert all(record.status == "ok" for record in records)
    assert len(decoded_files) == len(set(decoded_files)) == 41
    assert sum(work.model.encoded) == 41


def test_a_reference_that_was_replaced_since_the_last_run_is_encoded_anew(saved):
    work, job = executor(), Job(saved("image.png", grey(51)), saved("reference.png", grey(0)))
    values = []
    for reference in (0, 51):
        saved("reference.png", grey(reference))
        (record,) = run([job], [work], DecodeOptions(), streaming=False)
        values.append(record.scores["fake"].value)
    assert values == [score_of(51), 1]


def test_several_models_share_one_decoding_and_a_reference_nobody_needs_is_not_read(jobs, decoded_files):
    executors = [executor(), executor(Brightness(), ALONE)]
    records = list(run(jobs([0, 51]), executors, DecodeOptions(), streaming=False))
    assert len(decoded_files) == len(set(decoded_files)) == 3
    assert [record.scores["fake"].value for record in records] == [score_of(0), score_of(51)]
    assert [record.scores["alone"].value for record in records] == pytest.approx([1, 1.2], abs=1e-5)

    decoded_files.clear()
    options = DecodeOptions(reference_needed=False)
    list(run(jobs([0, 51]), executors[1:], options, streaming=False))
    assert len(decoded_files) == 2


def test_decoded_images_do_not_pile_up_over_a_long_folder(jobs, monkeypatch):
    alive = weakref.WeakSet()

    class Watched(decode.DecodedJob):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            alive.add(self)

    monkeypatch.setattr(decode, "DecodedJob", Watched)
    most = 0
    for _record in run(jobs(range(200)), [executor()], DecodeOptions(), streaming=False):
        most = max(most, len(alive))
    gc.collect()
    assert len(alive) == 0
    # Waiting, one on its way into the queue, and the chunks being filled and being handed out.
    assert most <= decode.AHEAD + 1 + 2 * running.CHUNK_JOBS


def test_a_streamed_record_comes_out_before_the_next_job_is_named(jobs):
    came_out = threading.Semaphore(0)
    in_time = []

    def typed_in():
        for job in jobs(range(5)):
            yield job
            in_time.append(came_out.acquire(timeout=PATIENCE))

    for _record in run(typed_in(), [executor()], DecodeOptions(), streaming=True):
        came_out.release()
    assert in_time == [True] * 5


def endless(jobs):
    while True:
        yield from jobs


def test_leaving_early_stops_the_background(jobs):
    with leaving_no_thread():
        for _record in run(endless(jobs([1, 2])), [executor()], DecodeOptions(), streaming=False):
            break


def test_an_interrupt_while_a_model_works_stops_the_background(jobs):
    def interrupted(images):
        raise KeyboardInterrupt

    with leaving_no_thread(), pytest.raises(KeyboardInterrupt):
        list(run(endless(jobs([1])), [executor(Difference(interrupted))], DecodeOptions(), streaming=False))


def test_leaving_does_not_wait_for_a_job_that_is_never_named(jobs):
    named, over = threading.Event(), threading.Event()

    def silent_after_the_first():
        yield from jobs([1])
        named.set()
        over.wait(PATIENCE)

    began = time.monotonic()
    with leaving_no_thread():
        with closing(run(silent_after_the_first(), [executor()], DecodeOptions(), streaming=True)) as records:
            assert next(records).status == "ok"
            assert named.wait(PATIENCE)
        assert time.monotonic() - began < PATIENCE / 2
        (waiting,) = (thread for thread in threading.enumerate() if thread.name.endswith("(_feed)"))
        assert waiting.daemon  # the end of the program does not wait for it either
        over.set()


def test_no_jobs_give_no_records():
    assert list(run([], [executor()], DecodeOptions(), streaming=False)) == []


def test_scores_that_are_no_finite_numbers_are_told_apart(jobs):
    class Fixed(Difference):
        def compare(self, reference, distorted):
            return distorted.mean(dim=(1, 2, 3)) * 0 + self.value

    for value, status in ((float("nan"), "not finite"), (float("-inf"), "not finite"), (float("inf"), "infinite")):
        model = Fixed()
        model.value = value
        (record,) = run(jobs([1]), [executor(model)], DecodeOptions(), streaming=False)
        assert record.scores["fake"].value is None
        assert record.scores["fake"].status == status
        assert record.status == ("ok" if status == "infinite" else "error")

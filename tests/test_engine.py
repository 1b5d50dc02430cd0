"""The run: order, what a failure costs, what is computed once, memory, streaming and leaving early."""

import gc
import threading
import time
import weakref
from contextlib import closing, contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from iqa_cli.engine import decode_ahead as decode
from iqa_cli.engine import stream as running
from iqa_cli.engine.cache import EncodingCache
from iqa_cli.engine.crops import CropRule
from iqa_cli.engine.decode_ahead import DecodeOptions
from iqa_cli.engine.device import arithmetic, choose_device, is_out_of_memory
from iqa_cli.engine.executor import Executor
from iqa_cli.engine.options import EngineOptions
from iqa_cli.engine.pieces import Sample
from iqa_cli.engine.session import open_session
from iqa_cli.engine.stream import run
from iqa_cli.errors import UsageError
from iqa_cli.models.base import FiveLevel, FullReference
from iqa_cli.records import Job, ModelInfo, ScoreRange
from iqa_cli.registry import Spec, find_model

PATIENCE = 20  # seconds: far more than anything here takes, so that a hang fails and does not hang
FAKE = Spec("fake", "Fake", "full-reference", "", "", ScoreRange(0, 1), minimum=8, paper="")
CROPPED = replace(FAKE, crop=32)
ALONE = replace(FAKE, name="alone", kind="no-reference")


class Difference(FullReference):
    """One minus the mean difference; remembers how many images it encoded at a time, and when memory ran out."""

    def __init__(self, fits=lambda images: True):
        super().__init__()
        self.fits, self.encoded, self.refused = fits, [], 0

    def encode(self, images):
        if not self.fits(images):
            self.refused += 1
            raise torch.OutOfMemoryError("no room")
        self.encoded.append(len(images))
        return images

    def compare(self, reference, distorted):
        return 1 - (reference - distorted).abs().mean(dim=(1, 2, 3))


class Brightness(FiveLevel):
    """All of the probability between levels 1 and 2, by the mean of the image."""

    def logits(self, images):
        bright = images.mean(dim=(1, 2, 3)).clamp(1e-6, 1 - 1e-6)
        return torch.stack([(1 - bright).log(), bright.log(), *3 * [torch.full_like(bright, -1e9)]], dim=1)


def executor(model=None, spec=FAKE, **options):
    return Executor(spec, model or Difference(), device=torch.device("cpu"), **options)


def flat(value, height=24, width=24):
    """A sample whose score by `Difference` is 1 - value / 255."""
    image = np.full((height, width, 3), value / 255, np.float32)
    return Sample(image, np.zeros_like(image), f"black {height}x{width}")


def grey(value, height=24, width=24):
    return np.full((height, width, 3), value, np.uint8)


@pytest.fixture
def jobs(saved):
    """`jobs(values)`: distorted images of these grey values, all against one black reference."""

    def paired(values):
        black = saved("black.png", grey(0))
        return [Job(saved(f"{value}.png", grey(value)), black) for value in values]

    return paired


@pytest.fixture
def decoded_files(monkeypatch):
    """The paths decoded so far, in the order they were begun."""
    paths, load_image = [], decode.load_image

    def counting(path, policy):
        paths.append(path)
        return load_image(path, policy)

    monkeypatch.setattr(decode, "load_image", counting)
    return paths


@contextmanager
def leaving_no_thread():
    """Everything started inside has ended a moment after it is left, and leaving it takes no long wait."""
    before, began = set(threading.enumerate()), time.monotonic()
    yield
    while (left := set(threading.enumerate()) - before) and time.monotonic() < began + PATIENCE:
        time.sleep(0.01)
    assert not left
    assert time.monotonic() < began + PATIENCE


def score_of(value):
    return pytest.approx(1 - value / 255, abs=1e-6)


# Order and failures


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


# Sizes


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


def test_the_crops_of_an_image_are_averaged_and_their_spread_is_told():
    sample = flat(0, 32, 64)
    sample.image[:, 32:] = 0.5  # the crop at the left is equal to the reference, that at the right is not
    (score,) = executor(spec=CROPPED, rule=CropRule(2)).score([sample])
    assert score.value == pytest.approx(0.75)
    assert score.details == {"crops": 2, "crop_std": 0.25, "crop_min": 0.5, "crop_max": 1.0}


# What is done once


def test_a_reference_is_decoded_and_encoded_once_for_all_that_share_it(jobs, decoded_files):
    work = executor()
    records = list(run(jobs(range(40)), [work], DecodeOptions(), streaming=False))
    assert all(record.status == "ok" for record in records)
    assert len(decoded_files) == len(set(decoded_files)) == 41
    assert sum(work.model.encoded) == 41


def test_a_reference_is_encoded_once_a_crop(jobs):
    work = executor(spec=CROPPED, rule=CropRule(4))
    work.score([flat(value, 32, 64) for value in (10, 20, 30)])
    assert sum(work.model.encoded) == 4 * (3 + 1)


def test_references_without_a_name_are_told_apart():
    nameless = [replace(flat(value), reference_key=None) for value in (10, 20)]
    nameless[1] = replace(nameless[1], reference=nameless[1].image)  # equal to its reference
    scores = executor(batch_size=2).score(nameless)
    assert [score.value for score in scores] == [score_of(10), 1]


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


def test_a_level_distribution_comes_with_the_score():
    (score,) = executor(Brightness(), ALONE).score([replace(flat(51), reference=None)])
    assert score.details["probabilities"] == pytest.approx([0.8, 0.2, 0, 0, 0], abs=1e-5)


# Memory


def test_out_of_memory_halves_the_batch_and_the_next_ones_keep_to_it():
    work = executor(Difference(fits=lambda images: len(images) <= 2), batch_size=8)
    scores = work.score([flat(value) for value in range(32)])
    assert [score.value for score in scores] == [score_of(value) for value in range(32)]
    assert work.model.refused == 3  # all 8, and each half of them; then batches of 2


def test_a_batch_that_did_not_fit_once_is_tried_again_with_the_next_images():
    work = executor(Difference(fits=lambda images: images.shape[-1] < 100), batch_size=4)
    large, small = [flat(value, 24, 100) for value in range(4)], [flat(value) for value in range(8)]
    assert {score.status for score in work.score(large)} == {"error"}
    work.model.encoded.clear()
    assert {score.status for score in work.score(small)} == {"ok"}
    assert work.model.encoded[1:] == [4, 4]  # after the reference
    assert work.batch_size == 4


def test_the_model_of_the_caller_stays_as_it_is(untrained, photo):
    model = find_model("triq").build()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    work = Executor(find_model("triq"), model, device=torch.device("cpu"))
    work.score([Sample(photo(48, 48).astype(np.float32) / 255)])
    assert model.training and all(parameter.requires_grad for parameter in model.parameters())
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not work.model.training


def test_tf32_is_off_while_a_model_works_and_the_callers_setting_comes_back():
    with arithmetic(torch.device("cpu"), halved=False):
        off = tf32()
    seen = []
    work = executor(Difference(fits=lambda images: seen.append(tf32()) or True))
    before, torch.backends.cuda.matmul.allow_tf32 = torch.backends.cuda.matmul.allow_tf32, True
    try:
        on = tf32()
        work.score([flat(10)])
        assert seen == [off, off] and off != on == tf32()
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def tf32():
    """The settings, in the words of this version of torch."""
    new = hasattr(torch.backends.cuda.matmul, "fp32_precision")
    parts = (torch.backends.cuda.matmul, torch.backends.cudnn.conv if new else torch.backends.cudnn)
    return tuple(getattr(part, "fp32_precision" if new else "allow_tf32") for part in parts)


def test_a_single_image_that_does_not_fit_costs_its_own_sample():
    bright = flat(255)
    model = Difference(fits=lambda images: images.max() < 1)
    first, second, third = executor(model, batch_size=3).score([flat(10), bright, flat(20)])
    assert (first.value, third.value) == (score_of(10), score_of(20))
    assert second.status == "error" and "out of memory at 24x24 px with fake" in second.details["reason"]


def test_the_allocator_of_this_machine_is_understood_when_it_refuses():
    with pytest.raises(RuntimeError) as refused:
        torch.empty(10**17)
    assert is_out_of_memory(refused.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"), True),
        (RuntimeError("shapes do not fit"), False),
    ],
)
def test_out_of_memory_is_told_from_other_faults(error, expected):
    assert is_out_of_memory(error) == expected


def test_the_cache_keeps_the_most_recent_encodings_within_its_capacity():
    cache, kilobyte = EncodingCache(capacity=4096), torch.zeros(256)
    for key in "abcd":
        cache.put(key, kilobyte)
    assert cache.get("a") is kilobyte  # now more recent than b
    cache.put("a", kilobyte)  # replaced, not counted twice
    assert cache.size == 4096
    cache.put("e", kilobyte)
    assert [cache.get(key) is not None for key in "abcde"] == [True, False, True, True, True]
    cache.put("huge", torch.zeros(10_000))
    assert cache.size == 40_000 and cache.get("e") is None  # one is kept whatever its size


def test_an_encoding_in_the_cache_does_not_hold_the_rest_of_its_batch():
    scorer = executor()
    samples = [replace(flat(value), reference_key=str(value)) for value in range(6)]
    scorer.score(samples)
    encoding = scorer.references.get(("3", None))
    assert encoding.untyped_storage().nbytes() == encoding.nbytes


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


# Streaming and leaving early


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


# Numbers


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


def test_the_psnr_of_equal_images_is_infinite(saved):
    path = saved("a.png", grey(7))
    session = open_session([find_model("psnr")], EngineOptions())
    (record,) = session.run([Job(path, path)], streaming=False)
    assert (record.scores["psnr"].value, record.scores["psnr"].status, record.status) == (None, "infinite", "ok")


@pytest.mark.parametrize("name", ["iqt", "iqt-c", "triq"])
def test_bfloat16_stays_near_float32(name, trained, photo):
    scorer = trained(name)
    pixels = photo(192, 192).astype(np.float32) / 255
    noise = np.random.default_rng(0).normal(size=pixels.shape).astype(np.float32)
    samples = [Sample(np.clip(pixels + sigma * noise, 0, 1), pixels, "photo") for sigma in (0.01, 0.05, 0.2)]
    exact, halved = (
        [score.value for score in executor(scorer.model, scorer.spec, precision=precision).score(samples)]
        for precision in ("fp32", "bf16")
    )
    assert halved == pytest.approx(exact, abs=0.03)


# Options


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"crops": "0"}, "--crops 0"),
        ({"crops": "many"}, "--crops many"),
        ({"crops": "all", "crop_seed": 1}, "nothing for --crop-seed"),
        ({"precision": "fp16"}, "--precision fp16"),
        ({"on_size_mismatch": "stretch"}, "--on-size-mismatch stretch"),
    ],
)
def test_an_option_out_of_its_values_is_refused_by_name(options, complaint):
    with pytest.raises(UsageError, match=complaint):
        EngineOptions(**options)


def test_options_say_where_the_crops_lie():
    assert EngineOptions(crops="all").crop_rule == CropRule(None)
    assert EngineOptions(crops="5", crop_seed=3).crop_rule == CropRule(5, 3)


@pytest.mark.parametrize("name", ["tpu", "meta", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(UsageError, match=f"--device {name}"):
        choose_device(name)


def test_a_threshold_follows_the_direction_of_its_model(jobs):
    session = open_session([find_model("psnr")], EngineOptions())
    (record,) = session.run(jobs([51]), streaming=False)  # 20·log10(5) = 13.98 dB
    assert session.any_below([record], {"psnr": 14}) and not session.any_below([record], {"psnr": 13.9})
    lower = replace(session, models=[ModelInfo("psnr", ScoreRange(0, None, higher_is_better=False))])
    assert lower.any_below([record], {"psnr": 13.9}) and not lower.any_below([record], {"psnr": 14})

"""One model at work: pieces, batches, memory, encodings kept, numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fakes import ALONE, CROPPED, Brightness, Difference, executor, flat, score_of

from iqa_cli.executing.cache import EncodingCache
from iqa_cli.executing.device import arithmetic, is_out_of_memory
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.options.crops import CropRule
from iqa_cli.registry import find_model


def test_the_crops_of_an_image_are_averaged_and_their_spread_is_told():
    sample = flat(0, 32, 64)
    sample.image[:, 32:] = 0.5  # the crop at the left is equal to the reference, that at the right is not
    (score,) = executor(spec=CROPPED, rule=CropRule(2)).score([sample])
    assert score.value == pytest.approx(0.75)
    assert score.details == {"crops": 2, "crop_std": 0.25, "crop_min": 0.5, "crop_max": 1.0}


def test_a_reference_is_encoded_once_a_crop():
    work = executor(spec=CROPPED, rule=CropRule(4))
    work.score([flat(value, 32, 64) for value in (10, 20, 30)])
    assert sum(work.model.encoded) == 4 * (3 + 1)


def test_references_without_a_name_are_told_apart():
    nameless = [replace(flat(value), reference_key=None) for value in (10, 20)]
    nameless[1] = replace(nameless[1], reference=nameless[1].image)  # equal to its reference
    work = executor(batch_size=2)
    assert [score.value for score in work.score(nameless)] == [score_of(10), 1]
    assert work.references.size == 0  # nor kept: nobody can ask for them again


def test_a_level_distribution_comes_with_the_score():
    (score,) = executor(Brightness(), ALONE).score([replace(flat(51), reference=None)])
    assert score.details["probabilities"] == pytest.approx([0.8, 0.2, 0, 0, 0], abs=1e-5)


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


def test_tf32_comes_back_with_the_last_of_several_that_work_at_once():
    before, torch.backends.cuda.matmul.allow_tf32 = torch.backends.cuda.matmul.allow_tf32, True
    one, other = (arithmetic(torch.device("cpu"), halved=False) for _ in range(2))
    try:
        on = tf32()
        with one:
            off = tf32()
            other.__enter__()
        assert tf32() == off != on
        other.__exit__(None, None, None)
        assert tf32() == on
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


def test_an_image_that_numpy_has_no_room_for_costs_its_own_sample():
    huge = Sample(*2 * [np.broadcast_to(np.float32(0.5), (10**7, 10**7, 3))])  # beyond any address space, as a copy
    first, second = executor().score([flat(10), huge])
    assert first.value == score_of(10)
    assert second.details["reason"] == "out of memory at 10000000x10000000 px with fake"


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

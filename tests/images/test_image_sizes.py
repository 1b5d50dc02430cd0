"""Images of unequal size: refused, cropped or resized by rule."""

import numpy as np
import pytest

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.images import match_sizes


def smooth(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0.5 : height + 0.5, 0.5 : width + 0.5]
    plane = 0.5 + 0.2 * np.sin(3 * y / height) + 0.2 * np.cos(4 * x / width)
    return np.stack([plane, plane**2, 1 - plane], axis=-1).astype(np.float32)


def test_equal_sizes_pass_through_untouched():
    reference, distorted = smooth(8, 9), smooth(8, 9) / 2
    for rule in ("error", "crop", "resize"):
        first, second, note = match_sizes(reference, distorted, rule)
        assert first is reference and second is distorted and note is None


def test_unequal_sizes_are_refused_by_naming_both_files_and_the_remedy():
    with pytest.raises(ImageError) as caught:
        match_sizes(smooth(30, 40), smooth(28, 40), "error", ("ref/a.png", "out/a.png"))
    assert str(caught.value) == (
        "out/a.png is 40x28 but its reference ref/a.png is 40x30;"
        " choose --on-size-mismatch crop or resize to score them all the same"
    )


def test_crop_keeps_the_common_top_left():
    reference, distorted = smooth(30, 40), smooth(33, 38)
    first, second, note = match_sizes(reference, distorted, "crop")
    assert np.array_equal(first, reference[:30, :38])
    assert np.array_equal(second, distorted[:30, :38])
    assert first.flags.c_contiguous and second.flags.c_contiguous
    assert note == "sizes 40x30 and 38x33 differ: both cut to 38x30 from the top left"


@pytest.mark.parametrize("shape", [(60, 80), (15, 20), (45, 31)])
def test_resize_brings_the_same_scene_to_the_reference_size(shape):
    reference = smooth(30, 40)
    first, second, note = match_sizes(reference, smooth(*shape), "resize")
    assert first is reference
    assert second.shape == reference.shape and second.dtype == np.float32 and second.flags.c_contiguous
    assert np.abs(second - reference).max() < 0.01
    assert note == f"sizes 40x30 and {shape[1]}x{shape[0]} differ: distorted resized to 40x30, bicubic"


def test_resize_averages_when_shrinking_and_stays_in_range():
    checks = np.tile(np.float32([[0, 1], [1, 0]]), (40, 40))[..., None].repeat(3, axis=2)
    _, shrunk, _ = match_sizes(smooth(10, 10), checks, "resize")
    assert shrunk == pytest.approx(0.5, abs=0.02)
    edge = (np.arange(10) > 4).astype(np.float32)[None, :, None] * np.ones((10, 1, 3), np.float32)
    _, grown, _ = match_sizes(smooth(30, 30), edge, "resize")
    assert grown.min() == 0 and grown.max() == 1


def test_an_unknown_size_rule_is_a_usage_error():
    with pytest.raises(UsageError, match="choose from error, crop, resize"):
        match_sizes(smooth(4, 4), smooth(4, 4), "stretch")

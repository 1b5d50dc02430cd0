"""Raw photographs: developed by one rule, against what a sensor must have seen; the preview only where asked for."""

import struct
import sys

import numpy as np
import pytest
from extra_files import dng, dng_of_grey, patches, srgb_encoded

from iqa_cli.errors import ImageError
from iqa_cli.images import ImagePolicy, load_image, pixel_count

pytest.importorskip("rawpy")
SCENE = patches()
MIDDLES = [(32, 16), (32, 48), (32, 80)]


def test_a_raw_photograph_shows_what_the_sensor_saw(tmp_path):
    loaded = load_image(dng(SCENE))
    for place in MIDDLES:
        assert loaded.pixels[place] == pytest.approx(srgb_encoded(SCENE[place]), abs=0.0005)
    assert loaded.notes == ("raw (DNG) developed: camera white balance, sRGB, no auto-brightening",)
    ramp = np.linspace(0, 1, 960)[None, :, None] * np.ones((64, 1, 3))
    assert len(np.unique(load_image(dng(ramp)).pixels)) > 2000  # far more than 8 bits
    path = tmp_path / "x.dng"
    path.write_bytes(dng(SCENE))
    assert pixel_count(str(path)) == 64 * 96


@pytest.mark.parametrize("exposure", [0.1, 0.9, 1.6])
def test_nothing_brightens_a_dark_one_or_rescues_a_bright_one(exposure):
    scene = SCENE * exposure
    loaded = load_image(dng(scene))
    place = MIDDLES[0]
    assert loaded.pixels[place] == pytest.approx(srgb_encoded(np.minimum(scene[place], 1)), abs=0.002)


@pytest.mark.parametrize(("flip", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_it_is_upright(flip, turns):
    loaded = load_image(dng(SCENE, flip))
    assert np.array_equal(loaded.pixels, np.rot90(load_image(dng(SCENE)).pixels, turns))
    assert ("orientation of the camera applied" in loaded.notes) == (flip != 1)


def test_without_a_white_balance_of_the_camera_it_is_daylight_and_no_guess():
    loaded = load_image(dng(SCENE, balance=None))
    for place in MIDDLES:
        assert loaded.pixels[place] == pytest.approx(srgb_encoded(SCENE[place]), abs=0.002)
    assert "white balance of daylight, for the file has none" in loaded.notes[0]


def test_one_that_is_too_large_is_refused_before_it_is_developed():
    with pytest.raises(ImageError, match="96x64 is 6,144 pixels, over the limit"):
        load_image(dng(SCENE), ImagePolicy(max_pixels=6000))


def test_without_the_extra_the_row_names_the_format_and_what_to_install(monkeypatch, tmp_path):
    path = tmp_path / "IMG_1.dng"
    path.write_bytes(dng(SCENE))
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(ImageError) as caught:
        load_image(path)
    named = "a raw photograph (DNG): camera raw needs an optional package: pip install 'iqa-cli[raw]'"
    assert str(caught.value) == f"{path}: cannot be read: {named}"


def test_a_sensor_without_colours_gives_grey():
    light = np.broadcast_to(np.linspace(0, 1, 96), (64, 96))
    loaded = load_image(dng_of_grey(light))
    assert loaded.stored.shape == (64, 96, 3)
    assert loaded.pixels == pytest.approx(np.repeat(srgb_encoded(light)[..., None], 3, axis=2), abs=0.001)


def test_a_damaged_one_is_called_so():
    with pytest.raises(ImageError, match="damaged or truncated"):
        load_image(dng(SCENE)[:6000])


@pytest.mark.skipif(sys.platform != "linux", reason="where C keeps its stream is known there")
def test_nothing_but_the_error_tells_that_its_samples_are_cut_short(capfd):
    file = bytearray(dng(SCENE))
    strip = file.index(struct.pack("<HHI", 273, 4, 1)) + 8  # where its one strip begins
    file[strip : strip + 4] = struct.pack("<I", 9000)
    with pytest.raises(ImageError, match="damaged or truncated"):
        load_image(bytes(file))
    assert capfd.readouterr() == ("", "")


def test_one_without_a_preview_names_the_option_that_reads_it():
    with pytest.raises(ImageError, match=r"a raw photograph \(DNG\) without a preview: take --raw develop"):
        load_image(dng(SCENE), ImagePolicy(raw="preview"))

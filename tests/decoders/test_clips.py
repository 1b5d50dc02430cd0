"""Frames of clips: the right ones, in any order, in the colours that the clip tells."""

import builtins
import sys
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import numpy as np
import pytest
from clip_files import grey_of, save_clip
from image_files import chunk, png

from iqa_cli.decoders.clips import ClipReader, Clips, Grabbed, clip_facts
from iqa_cli.decoders.frame_pixels import frame_pixels
from iqa_cli.errors import ImageError, MissingExtraError
from iqa_cli.images import ImagePolicy, load_image, loader, pixel_count

pytest.importorskip("av")

WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}  # of red and blue, by FFmpeg's number


def rgb_of(y, u, v, matrix, full):
    """The definition of YCbCr, solved for RGB."""
    red, blue = WEIGHTS[matrix]
    luma = y / 255 if full else (y - 16) / 219
    cb, cr = ((value - 128) / (255 if full else 224) for value in (u, v))
    r, b = luma + 2 * (1 - red) * cr, luma + 2 * (1 - blue) * cb
    return np.clip([r, (luma - red * r - blue * b) / (1 - red - blue), b], 0, 1)


def number_in(pixels):
    """Which frame it is."""
    return int(np.argmin([abs(pixels.mean() - grey_of(number)) for number in range(33)]))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {}),
        ("a.mkv", {}),
        ("a.avi", {"codec": "ffv1"}),
        ("a.avi", {"codec": "mpeg4", "pixels": "yuv420p", "qscale": 1}),
        ("a.y4m", {"codec": "wrapped_avframe", "pixels": "yuv444p"}),
    ],
)
def test_frames_are_found_by_number_in_any_order(tmp_path, name, options):
    path = save_clip(tmp_path / name, 20, **options)
    assert clip_facts(path).frames == 20
    for order in ([0, 1, 5, 12, 19], [19, 3, 12, 11, 0, 0, 7]):
        clips = Clips()
        found = [number_in(load_image(clips.grab(f"{path}#{number}")).pixels) for number in order]
        clips.close()
        assert found == order


def test_a_frame_on_its_own_is_an_image_like_others(tmp_path):
    path = save_clip(tmp_path / "a.mp4", 10)
    image = load_image(f"{path}#7")
    assert (image.size, image.pixels.dtype, number_in(image.pixels)) == ((64, 48), np.float32, 7)
    assert pixel_count(f"{path}#7") == 64 * 48


def test_times_are_those_of_the_container(tmp_path):
    facts = clip_facts(save_clip(tmp_path / "a.mp4", 10))
    assert [facts.time(number) for number in (0, 1, 9)] == pytest.approx([0, 0.04, 0.36])
    assert facts.rate == pytest.approx(25)


@pytest.mark.parametrize("matrix", [1, 5, 9])
@pytest.mark.parametrize("full", [False, True])
def test_matrix_and_range_are_those_that_the_clip_tells(tmp_path, matrix, full):
    path = save_clip(
        tmp_path / "a.mp4", 2, planes=lambda number: (110, 100, 150), matrix=matrix, reach=2 if full else 1
    )
    image = load_image(f"{path}#1")
    assert image.pixels[5, 5] == pytest.approx(rgb_of(110, 100, 150, matrix, full), abs=1 / 255)
    assert ("full" if full else "limited") in image.notes[0]
    assert "assumed" not in image.notes[0]


@pytest.mark.parametrize(("height", "matrix"), [(576, 5), (720, 1)])
def test_a_clip_that_tells_no_matrix_is_taken_by_its_height_and_says_so(tmp_path, height, matrix):
    path = save_clip(tmp_path / "a.mp4", 1, (64, height), planes=lambda number: (110, 100, 150))
    image = load_image(f"{path}#0")
    assert image.pixels[5, 5] == pytest.approx(rgb_of(110, 100, 150, matrix, False), abs=1 / 255)
    assert "matrix by its height, range assumed" in image.notes[0]


@pytest.mark.parametrize(("bits", "full"), [(10, False), (12, False), (10, True), (12, True)])
def test_more_than_8_bits_are_kept(bits, full):
    import av

    frame = av.VideoFrame(16, 16, f"yuv444p{bits}le")
    frame.color_range = 2 if full else 1
    unit = 2 ** (bits - 8)
    for luma in (501 * unit // 4, (2**bits - 1) if full else 235 * unit):  # the first is between two of 255 steps
        for plane, value in zip(frame.planes, (luma, 128 * unit, 128 * unit), strict=True):
            plane.update(np.full((plane.height, plane.line_size // 2), value, dtype="<u2"))
        pixels, _ = frame_pixels(frame, 10**6)
        expected = luma / (2**bits - 1) if full else (luma / unit - 16) / 219
        assert pixels.mean() == pytest.approx(expected, abs=2e-4)


def test_frames_in_rgb_and_grey_need_no_matrix(tmp_path):
    path = save_clip(tmp_path / "a.mkv", 2, codec="ffv1", pixels="gray", planes=lambda number: (90,))
    image = load_image(f"{path}#1")
    assert image.pixels.mean() == pytest.approx(90 / 255, abs=1e-3)
    assert image.notes == ("frame in grey",)


@pytest.mark.parametrize("primaries", [9, 2], ids=["BT.2020", "untold"])
@pytest.mark.parametrize(("code", "curve"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_brought_to_sdr_by_the_rule_of_pictures(code, curve, primaries):
    import av

    frame = av.VideoFrame(16, 16, "yuv444p10le")
    frame.color_range, frame.colorspace, frame.color_trc, frame.color_primaries = 2, 9, code, primaries
    for plane, value in zip(frame.planes, (500, 512, 512), strict=True):
        plane.update(np.full((16, plane.line_size // 2), value, dtype="<u2"))
    loaded = load_image(Grabbed("clip.mp4#0", frame))
    grey = np.full((2, 2), round(500 / 1023 * 65535), np.uint16)
    picture = load_image(png(grey, 16, 0, chunk(b"cICP", bytes([9, code, 0, 1]))))
    assert np.abs(loaded.pixels - picture.pixels[0, 0]).max() < 1e-3
    assert loaded.notes[-1] == f"BT.2020, {curve} (clip) tone-mapped to SDR by ITU-R BT.2446 method A"
    ignored = load_image(Grabbed("clip.mp4#0", frame), ImagePolicy(colour="ignore"))
    assert np.abs(ignored.pixels - 500 / 1023).max() < 1e-3


def test_too_many_pixels_are_refused_by_name(tmp_path):
    path = save_clip(tmp_path / "a.mp4", 1)
    with pytest.raises(ImageError, match=r"a.mp4#0: cannot be read: 64x48 is over --max-pixels"):
        load_image(f"{path}#0", ImagePolicy(max_pixels=100))


def test_what_is_no_frame_is_told_in_one_line(tmp_path):
    path = save_clip(tmp_path / "a.mp4", 3)
    with pytest.raises(ImageError, match="only 3 frames, counted from 0"):
        load_image(f"{path}#3")
    with pytest.raises(ImageError, match="a clip of 3 frames, not an image"):
        load_image(path)
    (tmp_path / "b.mp4").write_bytes(b"no clip")
    with pytest.raises(ImageError, match=r"b.mp4: cannot be read: damaged, cut short, or no video clip$"):
        load_image(tmp_path / "b.mp4#0")
    (tmp_path / "c.mp4").touch()
    with pytest.raises(ImageError, match=r"c.mp4: cannot be read: empty file$"):
        load_image(tmp_path / "c.mp4#0")
    with pytest.raises(ImageError, match="no such file or folder; check the spelling"):
        load_image(tmp_path / "gone.mp4#0")


def test_frames_in_rising_order_cost_one_pass_and_a_jump_only_where_it_saves(tmp_path):
    path = save_clip(tmp_path / "a.mp4", 24)
    reader, jumps = ClipReader(path), []
    seek = reader._container.seek

    class Counting:
        def __getattr__(self, name):
            return getattr(container, name)

        def seek(self, *arguments, **options):
            jumps.append(arguments)
            return seek(*arguments, **options)

    container, reader._container = reader._container, Counting()
    for number in range(6):  # all after one key frame
        reader.grab(number)
    assert len(jumps) == 1
    reader.grab(23)
    assert len(jumps) == 2
    reader._container = container
    reader.close()


def test_a_frame_that_two_threads_have_is_converted_by_one_at_a_time(tmp_path, monkeypatch):
    # PyAV changes a frame while it converts it: two at once end the process.
    clips, at_work, most = Clips(), [], []
    grabbed = clips.grab(save_clip(tmp_path / "a.mp4", 2) + "#1")

    def slowly(frame, max_pixels):
        at_work.append(frame)
        most.append(len(at_work))
        sleep(0.02)
        at_work.pop()
        return frame_pixels(frame, max_pixels)

    monkeypatch.setattr(loader, "frame_pixels", slowly)
    with ThreadPoolExecutor(4) as pool:
        found = [image.pixels for image in pool.map(load_image, [grabbed] * 4)]
    clips.close()
    assert most == [1] * 4
    assert all(number_in(pixels) == 1 for pixels in found)


def test_without_pyav_one_line_names_the_extra(tmp_path, monkeypatch):
    path = save_clip(tmp_path / "a.mp4", 1)
    real = builtins.__import__

    def without_av(name, *args, **kwargs):
        if name.split(".")[0] == "av":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_av)
    monkeypatch.delitem(sys.modules, "av")
    with pytest.raises(MissingExtraError, match=r"a.mp4: reading a clip needs .*iqa-cli\[video\]"):
        clip_facts(path)

"""Files of several pictures: which one is read, by name or for the whole run, against Pillow's own pages and frames."""

import io
import struct
import zlib

import numpy as np
import pytest
from extra_files import heif_images
from image_files import chunk, encode, page, tiff, with_segment
from PIL import Image

from iqa_cli.errors import ImageError
from iqa_cli.images import ImagePolicy, load_image
from iqa_cli.images.headers import frames_in
from iqa_cli.metadata import gif, png
from iqa_cli.metadata.jpeg import places

LEVELS = (40, 120, 250)
PICTURES = [np.full((24, 32, 3), level, np.uint8) for level in LEVELS]
FRAMES = [Image.fromarray(picture) for picture in PICTURES]


def several(form: str, **options) -> bytes:
    return encode(FRAMES[0], form, save_all=True, append_images=FRAMES[1:], **options)


FILES = {
    "x.gif": several("GIF", duration=100),
    "x.png": several("PNG", duration=100),
    "x.webp": several("WEBP", duration=100, lossless=True),
    "x.avif": several("AVIF", duration=100, quality=100),
    "x.tif": several("TIFF"),
    "x.mpo": several("MPO", quality=100),
    "x.jpg": several("MPO", quality=100),
    "x.heic": heif_images(*PICTURES),
}


@pytest.fixture(params=FILES)
def path(request, tmp_path):
    (tmp_path / request.param).write_bytes(FILES[request.param])
    return str(tmp_path / request.param)


def test_a_name_says_which_frame(path):
    for number, level in enumerate(LEVELS):
        loaded = load_image(f"{path}#{number}")
        assert loaded.pixels == pytest.approx(level / 255, abs=3 / 255) and loaded.size == (32, 24)
        assert loaded.notes == ()  # the name says it
    assert frames_in(path) == 3


def test_a_policy_says_which_frame_and_without_one_it_is_the_first(path):
    chosen = load_image(path, ImagePolicy(frame=2))
    assert chosen.pixels == pytest.approx(250 / 255, abs=3 / 255) and chosen.notes == ("frame #2 of 3",)
    loaded = load_image(path)
    assert loaded.pixels == pytest.approx(40 / 255, abs=3 / 255)
    assert loaded.notes[0].startswith("first ") and loaded.notes[0].endswith(" of 3")


def test_a_frame_that_is_not_there_is_told_with_the_number_that_there_is(path):
    for source, policy in ((f"{path}#3", ImagePolicy()), (path, ImagePolicy(frame=3))):
        with pytest.raises(ImageError, match="has only 3 frames, counted from 0: there is no #3"):
            load_image(source, policy)


def test_a_file_of_one_picture_has_no_numbers_but_0_and_needs_none(tmp_path):
    path = str(tmp_path / "a.png")
    FRAMES[1].save(path)
    assert np.array_equal(load_image(path, ImagePolicy(frame=5)).pixels, load_image(f"{path}#0").pixels)
    with pytest.raises(ImageError, match="holds one picture alone: leave out the number"):
        load_image(f"{path}#1")


def test_a_file_whose_name_looks_like_that_of_a_frame_is_read_itself(tmp_path):
    FRAMES[2].save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.png#1")
    assert load_image(tmp_path / "a.png#1").pixels == pytest.approx(250 / 255)


def test_frames_of_an_animation_are_put_together_as_they_are_shown():
    still = Image.new("RGB", (32, 24), (200, 0, 0))
    moved = still.copy()
    moved.paste((0, 0, 200), (0, 0, 8, 8))  # an encoder stores that corner alone
    file = io.BytesIO()
    still.save(file, "GIF", save_all=True, append_images=[moved], duration=100)
    loaded = load_image(file.getvalue(), ImagePolicy(frame=1))
    assert np.array_equal(loaded.pixels, (np.asarray(moved) / 255).astype(np.float32))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "AVIF"])
def test_frames_are_the_same_in_whatever_order_they_are_read(form):
    frames = [Image.fromarray(np.roll(PICTURES[0] + 9 * number, 2 * number, axis=1)) for number in range(6)]
    file, other = (encode(some[0], form, save_all=True, append_images=some[1:]) for some in (frames, frames[::-1]))
    for number in (1, 2, 5, 3, 3, 0, 4):
        image = Image.open(io.BytesIO(file))
        image.seek(number)
        expected = np.asarray(image.convert("RGB")) / 255
        assert load_image(file, ImagePolicy(frame=number)).pixels == pytest.approx(expected, abs=1e-6)
        load_image(other, ImagePolicy(frame=number))  # as the reference of each would be


def test_a_frame_larger_than_the_first_counts_against_the_limit_of_pixels():
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    file = bytearray(encode(first, "GIF", save_all=True, append_images=[second], disposal=2))
    place = file.rindex(b"\x2c" + struct.pack("<4H", 0, 0, 8, 8))
    struct.pack_into("<2H", file, place + 5, 30_000, 30_000)
    assert (gif.canvas(file), gif.canvas(file, 1), gif.frames(file)) == ((8, 8), (30_000, 30_000), 2)
    assert load_image(bytes(file)).stored.shape == (8, 8, 3)
    with pytest.raises(ImageError, match="30000x30000 is 900,000,000 pixels, over the limit"):
        load_image(bytes(file), ImagePolicy(frame=1))


def test_pages_that_are_reduced_copies_or_masks_have_no_number():
    small = page(PICTURES[1][::4, ::4].copy(), t254=(4, (1,)))
    file = tiff(page(PICTURES[0]), small, page(PICTURES[2]))
    assert load_image(file).notes == ("first page of 2",)
    loaded = load_image(file, ImagePolicy(frame=1))
    assert loaded.pixels == pytest.approx(250 / 255) and loaded.notes == ("frame #1 of 2",)


def index(*entries: tuple[int, int, int]) -> bytes:
    """An MPF index: kind, size and place of each picture (CIPA DC-007)."""
    table = b"".join(struct.pack("<IIIHH", *entry, 0, 0) for entry in entries)
    tags = struct.pack("<HHIIHHII", 0xB001, 4, 1, len(entries), 0xB002, 7, len(table), 38)
    return b"II*\0" + struct.pack("<IH", 8, 2) + tags + bytes(4) + table


def test_large_thumbnails_of_a_camera_are_no_pictures_of_their_own():
    small = encode(FRAMES[1].resize((8, 6)), "JPEG")
    whole = encode(FRAMES[0], "JPEG", quality=100)
    block = index((0x030000, len(whole), 0), (0x010001, len(small), 100), (0x010002, len(small), 200))
    assert len(places(block)) == 1
    assert load_image(with_segment(whole, 0xE2, b"MPF\0" + block) + small * 2).notes == ()
    assert len(places(index((0x030000, 9, 0), (0x020002, 9, 100)))) == 2
    for damaged in (block[:30], b"", b"no index at all, but long enough"):
        assert len(places(damaged)) == 1


def test_a_frame_of_an_animation_with_a_transparent_colour_is_the_same_after_those_before_it():
    clear = (255, 0, 255)
    pictures = [np.full((4, 4, 3), value, np.uint8) for value in (200, clear, clear)]
    pictures[1][0], pictures[2][1] = 50, 90  # what is clear in a frame leaves those before it to be seen
    stored = [zlib.compress(b"".join(b"\0" + row.tobytes() for row in picture)) for picture in pictures]
    control = [chunk(b"fcTL", struct.pack(">5I2H2B", place, 4, 4, 0, 0, 1, 10, 0, 1)) for place in (0, 1, 3)]
    file = b"".join(
        (
            png.SIGNATURE,
            chunk(b"IHDR", struct.pack(">II5B", 4, 4, 8, 2, 0, 0, 0)),
            chunk(b"acTL", struct.pack(">II", 3, 0)),
            chunk(b"tRNS", struct.pack(">3H", *clear)),
            *(control[0], chunk(b"IDAT", stored[0])),
            *(control[1], chunk(b"fdAT", struct.pack(">I", 2) + stored[1])),
            *(control[2], chunk(b"fdAT", struct.pack(">I", 4) + stored[2])),
            chunk(b"IEND", b""),
        )
    )
    for number, rows in ((1, (50, 200, 200, 200)), (2, (50, 90, 200, 200))):  # frame 1 first, then its successor
        loaded = load_image(file, ImagePolicy(frame=number))
        expected = np.repeat(np.float32(rows) / np.float32(255), 4 * 3).reshape(4, 4, 3)
        assert np.array_equal(loaded.pixels, expected) and loaded.notes == (f"frame #{number} of 3",)

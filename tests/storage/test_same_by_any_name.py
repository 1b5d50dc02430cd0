"""A picture is the same wherever it lies, here, in a tar, at a URL: pixels, size, frames, capture time, clips."""

from datetime import datetime
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from tar_files import member, tar_of

from iqa_cli.decoders.clips import clip_facts
from iqa_cli.errors import ImageError
from iqa_cli.images import load_image, pixel_count
from iqa_cli.images.capture import capture_time
from iqa_cli.images.headers import frames_in, picture_size
from iqa_cli.images.masks import load_mask
from iqa_cli.storage.access import fetch

WHEN = datetime(2024, 5, 6, 7, 8, 9)


def jpeg():
    exif, file = Image.Exif(), BytesIO()
    exif.get_ifd(0x8769)[0x9003] = WHEN.strftime("%Y:%m:%d %H:%M:%S")
    exif[0x0112] = 6
    Image.effect_noise((40, 30), 50).convert("RGB").save(file, "JPEG", exif=exif)
    return file.getvalue()


def several(kind):
    file = BytesIO()
    first, *others = [
        Image.new("RGB", (30 + number, 20) if kind == "TIFF" else (30, 20), (40 * number, 0, 0)) for number in range(3)
    ]
    first.save(file, kind, save_all=True, append_images=others)
    return file.getvalue()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Bytes by name, and the names of these files at each place."""
    fsspec = pytest.importorskip("fsspec")
    folder, memory = tmp_path_factory.mktemp("files"), fsspec.filesystem("memory")
    data = {"a.jpg": jpeg(), "b.gif": several("GIF"), "c.tif": several("TIFF"), "d#1.gif": several("GIF")}
    data["mask.png"] = BytesIO()
    Image.new("L", (30, 20), 200).save(data["mask.png"], "PNG")
    data["mask.png"] = data["mask.png"].getvalue()
    for name, content in data.items():
        (folder / name).write_bytes(content)
        memory.pipe(f"/same/{name}", content)
    tar = tar_of(*(member(f"in/{name}", content) for name, content in data.items()))
    (folder / "x.tar").write_bytes(tar)
    memory.pipe("/same/x.tar", tar)
    return [f"{folder}/x.tar/in", "memory://same", "memory://same/x.tar/in"], str(folder)


@pytest.mark.parametrize("name", ["a.jpg", "b.gif", "b.gif#2", "c.tif"])
def test_pixels_size_and_frames_are_the_same(files, name):
    places, here = files
    own = load_image(f"{here}/{name}")
    for place in places:
        there = load_image(f"{place}/{name}")
        assert np.array_equal(there.stored, own.stored) and there.notes == own.notes
        assert np.array_equal(load_image(fetch(f"{place}/{name}")).stored, own.stored)
        assert picture_size(f"{place}/{name}") == picture_size(f"{here}/{name}")
        assert pixel_count(fetch(f"{place}/{name}")) == pixel_count(f"{here}/{name}") > 0
        assert "#" in name or frames_in(f"{place}/{name}") == frames_in(f"{here}/{name}")


def test_a_member_may_be_called_like_a_frame(files):
    for place in (files[0][0], files[0][2]):
        assert load_image(f"{place}/d#1.gif").size == (30, 20)


def test_capture_times_are_the_same(files):
    for place in (files[1], *files[0]):
        assert capture_time(f"{place}/a.jpg") == WHEN
        assert capture_time(f"{place}/b.gif") is None


def test_masks_are_read_from_there(files):
    for place in files[0]:
        assert load_mask(f"{place}/mask.png").weights.shape == load_mask(fetch(f"{place}/mask.png")).weights.shape


def test_clips_are_searched_where_they_lie(tmp_path):
    pytest.importorskip("av")
    from clip_files import save_clip
    from fsspec import filesystem

    clip = save_clip(tmp_path / "a.mp4", frames=8)
    data = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "x.tar").write_bytes(tar_of(member("a.mp4", data)))
    filesystem("memory").pipe("/clips/a.mp4", data)
    for name in (f"{tmp_path}/x.tar/a.mp4", "memory://clips/a.mp4"):
        assert clip_facts(name) == clip_facts(clip)
        assert np.array_equal(load_image(f"{name}#5").stored, load_image(f"{clip}#5").stored)
    with pytest.raises(ImageError, match=r"none\.mp4: cannot be read: no such file"):
        load_image("memory://clips/none.mp4#1")

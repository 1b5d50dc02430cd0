"""What a page is made of: pictures without loss, maps in colours, inside the page or beside it."""

import base64
import io
import json
import os
import re
import sys

import numpy as np
import pytest
from PIL import Image

from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError
from iqa_cli.ground.folders import PAGE_MARK
from iqa_cli.ground.pixels import to_pillow
from iqa_cli.page.origin import origin_grid
from iqa_cli.page.store import PALETTES, PictureStore, check_page, coloured, shrunk, thumb, whole


def opened(data):
    return Image.open(io.BytesIO(data))


def from_address(address, folder):
    """The picture behind a src, in the page or beside it."""
    if address.startswith("data:"):
        return opened(base64.b64decode(address.partition(",")[2]))
    return Image.open(folder / address)


def data_of(page):
    """The JSON inside a page."""
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)[1])


def compare(*arguments):
    with pytest.raises(SystemExit) as leaving:
        main(["compare", *map(str, arguments)])
    return leaving.value.code


def test_a_picture_keeps_every_8_bit_pixel(photo):
    pixels = photo(60, 90)
    suffix, data = whole(to_pillow(pixels.astype(np.float32) / 255))
    assert suffix == "webp"
    np.testing.assert_array_equal(np.asarray(opened(data).convert("RGB")), pixels)


def test_a_picture_too_long_for_webp_is_kept_without_loss_too():
    pixels = np.zeros((2, 16_400, 3), np.float32)
    pixels[1, 5] = 1
    suffix, data = whole(to_pillow(pixels))
    assert suffix == "png"
    np.testing.assert_array_equal(np.asarray(opened(data)), (255 * pixels).astype(np.uint8))


def test_a_thumbnail_is_small_and_keeps_the_shape(photo):
    suffix, data = thumb(to_pillow(photo(300, 600).astype(np.float32) / 255))
    assert (suffix, opened(data).size) == ("jpg", (160, 80))


@pytest.mark.parametrize("kind", PALETTES)
def test_a_map_goes_through_its_palette_from_low_to_high(kind):
    values = np.linspace(2, 6, len(PALETTES[kind]), dtype=np.float32)[None].repeat(3, axis=0)
    picture = np.asarray(opened(coloured(values, kind, 2, 6)[1]))
    assert ["#{:02x}{:02x}{:02x}".format(*pixel[:3]) for pixel in picture[0]] == list(PALETTES[kind])
    assert (picture[..., 3] == 255).all()


def test_a_map_is_transparent_where_no_crop_lies():
    values = np.ones((40, 60), np.float32)
    values[:, 30:] = np.nan
    np.testing.assert_array_equal(shrunk(values), values)
    picture = np.asarray(opened(coloured(values, "quality", 1, 5)[1]))
    assert (picture[:, :30, 3] == 255).all() and (picture[:, 30:, 3] == 0).all()


def test_few_pictures_lie_in_the_page_and_many_beside_it(tmp_path):
    for most, inside in ((100, True), (99, False)):
        page, entries = tmp_path / f"a #{most}.html", [{}, {}]
        with PictureStore(page, most) as store:
            for entry in entries:
                store.put(entry, "src", "png", b"x" * 50)
            store.finish()
            store.publish()
        assert all(entry["src"].startswith("data:image/png;base64,") == inside for entry in entries)
        assert store.folder.exists() != inside
    assert entries[1]["src"] == "a%20%2399_files/000002.png"
    assert (tmp_path / "a #99_files/000002.png").read_bytes() == b"x" * 50


def stored(page, pictures, publish=True, most=0):
    with PictureStore(page, most) as store:
        for data in pictures:
            store.put({}, "src", "png", data)
        store.finish()
        if publish:
            store.publish()
    return sorted(path.name for path in page.parent.iterdir())


def test_the_pictures_of_a_new_page_take_the_place_of_an_earlier_ones(tmp_path):
    stored(tmp_path / "p.html", [b"old", b"old"])
    assert stored(tmp_path / "p.html", [b"new"]) == ["p_files"]
    assert [path.read_bytes() for path in (tmp_path / "p_files").glob("*.png")] == [b"new"]
    assert stored(tmp_path / "p.html", [b"inside"], most=100) == []


def test_a_page_that_fails_leaves_the_earlier_one_as_it_was(tmp_path):
    stored(tmp_path / "p.html", [b"old"])
    assert stored(tmp_path / "p.html", [b"new"], publish=False) == ["p_files"]
    assert (tmp_path / "p_files/000001.png").read_bytes() == b"old"


def test_what_a_killed_run_left_goes_with_the_next_page_whichever_process_that_was(tmp_path):
    for name in (f"p_files.part{os.getpid()}", "p_files.part1", "pq_files.part1", "p_files.parts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ("000001.png" if name == "p_files.parts" else PAGE_MARK)).touch()
    assert stored(tmp_path / "p.html", [b"new"]) == ["p_files", "p_files.parts", "pq_files.part1"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_two_runs_do_not_write_one_page_at_once(tmp_path):
    with PictureStore(tmp_path / "p.html", 0), pytest.raises(UsageError, match="p_files: is being written by another"):
        stored(tmp_path / "p.html", [b"x"])
    assert stored(tmp_path / "p.html", [b"x"]) == ["p_files"]


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path):
    (tmp_path / "p_files").mkdir()
    (tmp_path / "p_files/000001.png").write_bytes(b"a frame of a film")
    with pytest.raises(UsageError, match="p_files: is there already"):
        check_page(tmp_path / "p.html")
    stored(tmp_path / "q.html", [b"x"])
    check_page(tmp_path / "q.html")


@pytest.mark.parametrize("inline", [64, 0])
def test_a_page_holds_every_picture_and_score_of_the_comparison(tmp_path, monkeypatch, photo, saved, inline, capsys):
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate("ab"):
        saved(f"GT/{name}.png", photo(40, 50, number))
        saved(f"dark/{name}.png", photo(40, 50, number) // 2)
        saved(f"copy/{name}.png", photo(40, 50, number))
    asked = ("-m", "psnr", "-m", "ssim", "-f", "csv", "--html", "p.html", "--inline", inline)
    assert compare("--ref", "GT", "dark", "copy", *asked) == 0
    rows = [line.split(",") for line in capsys.readouterr().out.splitlines()[1:]]
    data = data_of(tmp_path / "p.html")
    assert data["methods"] == ["dark", "copy"] and not data["single"] and data["maps"] == []
    for number, image in enumerate(data["images"]):
        assert (image["name"], image["width"], image["height"]) == ("ab"[number], 50, 40)
        for place, candidate in enumerate(image["candidates"]):
            row = next(r for r in rows if (r[2], r[3]) == (data["methods"][place], image["name"]))
            assert str(candidate["scores"]["psnr"]) == row[4] and candidate["scores"]["ssim"] == float(row[5])
            shown = np.asarray(from_address(candidate["src"], tmp_path).convert("RGB"))
            np.testing.assert_array_equal(shown, photo(40, 50, number) // (2 - place))
        reference = np.asarray(from_address(image["reference"]["src"], tmp_path).convert("RGB"))
        np.testing.assert_array_equal(reference, photo(40, 50, number))
    assert (tmp_path / "p_files").exists() == (inline == 0)


def test_maps_of_the_candidates_share_their_colours_and_can_be_left_out(tmp_path, monkeypatch, photo, saved, trained):
    trained("iqt-c")
    monkeypatch.chdir(tmp_path)
    reference, dark = saved("ref.png", photo(192, 192)), saved("dark.png", photo(192, 192) // 2)
    paths = (reference, dark, reference, "--names", "dark,same", "-m", "iqt-c", "-f", "csv", "--html", "p.html")
    assert compare(*paths) == 0
    data = data_of(tmp_path / "p.html")
    assert [entry["key"] for entry in data["maps"]] == ["iqt-c attention", "iqt-c quality"]
    first, second = (candidate["maps"] for candidate in data["images"][0]["candidates"])
    for key in ("iqt-c attention", "iqt-c quality"):
        assert (first[key]["low"], first[key]["high"]) == (second[key]["low"], second[key]["high"])
        assert from_address(first[key]["src"], tmp_path).size == (192, 192)
    assert compare(*paths, "--no-maps", "--overwrite") == 0
    assert data_of(tmp_path / "p.html")["maps"] == []


def test_a_page_without_a_full_reference_model_shows_the_reference_all_the_same(
    tmp_path, monkeypatch, photo, saved, trained
):
    trained("triq")
    monkeypatch.chdir(tmp_path)
    saved("GT/a.png", photo(64, 64)), saved("one/a.png", photo(64, 64) // 2), saved("two/a.png", photo(64, 64))
    assert compare("--ref", "GT", "one", "two", "-m", "triq", "-f", "csv", "--html", "p.html") == 0
    (image,) = data_of(tmp_path / "p.html")["images"]
    shown = np.asarray(from_address(image["reference"]["src"], tmp_path).convert("RGB"))
    np.testing.assert_array_equal(shown, photo(64, 64))
    assert compare("one", "two", "-m", "triq", "-f", "csv", "--html", "p.html", "--overwrite") == 0
    assert data_of(tmp_path / "p.html")["images"][0]["reference"] is None


def test_a_candidate_that_cannot_be_read_has_no_picture(tmp_path, monkeypatch, photo, saved):
    monkeypatch.chdir(tmp_path)
    saved("ref.png", photo(40, 40)), saved("good.png", photo(40, 40, 1))
    (tmp_path / "bad.png").write_bytes(b"no image")
    assert compare("ref.png", "bad.png", "good.png", "-m", "psnr", "-f", "csv", "--html", "p.html") == 1
    data = data_of(tmp_path / "p.html")
    assert data["single"] and data["images"][0]["candidates"][0] is None
    assert data["images"][0]["candidates"][1]["scores"]["psnr"] > 0


def test_a_page_says_with_which_weights_crops_and_version_it_was_scored():
    meta = {"iqa": "1.2.3", "device": "cpu", "models": {
        "iqt": {"precision": "bf16", "weights": "w", "sha256": "ab" * 32, "crop": 256, "crops": "4 on a grid"},
        "psnr": {"precision": "fp64", "luma": "rgb", "crop_border": 4},
        "ssim": {"precision": "fp64", "luma": "rgb", "crop_border": 0, "protocol": "skimage"},
        "triq": {"kind": "no-reference", "precision": "fp32", "weights": "v", "sha256": "cd" * 32},
    }}  # fmt: skip
    grid = origin_grid(meta)
    assert [[cell.text for cell in row] for row in grid.rows] == [
        ["iqt", "crops of 256 px, 4 on a grid", "bf16", "w", "ab" * 32],
        ["psnr", "the whole image, rgb, border 4 px", "fp64", "–", "–"],
        ["ssim", "the whole image, rgb, border 0 px, protocol skimage", "fp64", "–", "–"],
        ["triq", "the whole image", "fp32", "v", "cd" * 32],
    ]
    assert grid.caption == "iqa 1.2.3 on cpu."


def test_a_page_of_scores_that_are_there_says_of_how_they_were_made_no_more_than_is_told():
    grid = origin_grid({"iqa": "0.1", "models": {"iqt-lite": {}, "psnr": {"luma": "rgb", "crop_border": 4}}})
    assert [[cell.text for cell in row] for row in grid.rows] == [
        ["iqt-lite", "not told", "–", "–", "–"],
        ["psnr", "the whole image, rgb, border 4 px", "–", "–", "–"],
    ]
    assert grid.caption == "iqa 0.1."

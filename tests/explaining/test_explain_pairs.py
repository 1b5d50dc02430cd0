"""`--explain` of pairs: which known flaws an image shows against its reference."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.explaining.flaws import NAMES

EXAMPLES = Path(__file__).parents[2] / "examples"
REFERENCE = EXAMPLES / "astronaut.png"


@pytest.fixture
def iqa(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([*map(str, arguments), "-q"])
        out, err = capsys.readouterr()
        return leaving.value.code, out, err

    return run


@pytest.fixture(scope="module")
def iqt_lite():
    return iqa_cli.load("iqt-lite", explain=True)


def pixels(name):
    return np.asarray(Image.open(EXAMPLES / name).convert("RGB"))


def spoiled_on_the_right(spoil):
    """`coffee.png`, and the same spoiled from the middle on."""
    reference = pixels("coffee.png")
    middle = reference.shape[1] // 2
    return reference, np.concatenate([reference[:, :middle], spoil(reference)[:, middle:]], axis=1)


@pytest.mark.parametrize("name", ["astronaut.png", "astronaut-blur.png", "coffee.png", "references/rocket.png"])
def test_an_image_that_equals_its_reference_shows_nothing_known_be_it_good_or_bad(iqt_lite, name):
    told = iqt_lite.score(EXAMPLES / name, EXAMPLES / name).explanation
    assert (told["told"], told["words"], told["where"]) == ([], "nothing known", {})


@pytest.mark.parametrize(
    ("name", "flaw"),
    [("astronaut-blur.png", "blur"), ("astronaut-noise.png", "noise"), ("astronaut-jpeg.jpg", "JPEG blocks")],
)
def test_a_strong_flaw_is_told_by_its_name_alone(iqt_lite, name, flaw):
    told = iqt_lite.score(REFERENCE, EXAMPLES / name).explanation
    assert told["told"] == [flaw]
    assert told["words"] == f"{flaw} 99 % (everywhere)"
    assert tuple(told["probabilities"]) == NAMES


@pytest.mark.parametrize("name", ["astronaut-blur.png", "astronaut-noise.png", "astronaut-jpeg.jpg"])
def test_a_flaw_that_the_reference_has_and_the_image_has_not_is_none(iqt_lite, name):
    assert iqt_lite.score(EXAMPLES / name, REFERENCE).explanation["words"] == "nothing known"


def test_one_half_out_of_focus_is_blur_where_the_reference_is_sharp(iqt_lite):
    blurred = Image.fromarray(pixels("coffee.png")).filter(ImageFilter.GaussianBlur(3))
    reference, image = spoiled_on_the_right(lambda _: np.asarray(blurred))
    told = iqt_lite.score(reference, image).explanation
    assert told["words"] == "blur 99 % (right)"
    cells = np.array(told["where"]["blur"])
    assert cells.shape == (reference.shape[0] // 32, reference.shape[1] // 32)
    assert cells[:, 8:].mean() > 0.9 and cells[:, :7].mean() < 0.1


def test_the_score_is_the_same_to_the_last_digit(iqt_lite):
    pair = REFERENCE, EXAMPLES / "astronaut-blur.png"
    assert iqt_lite.score(*pair) == iqa_cli.load("iqt-lite").score(*pair)


def test_without_a_model_a_pair_is_told_by_iqt_lite_and_with_both_kinds_each_by_its_own(iqa):
    code, out, _ = iqa("score", REFERENCE, EXAMPLES / "astronaut-blur.png", "--explain", "-f", "csv")
    header, row = out.splitlines()
    assert (code, header) == (0, "reference,distorted,iqt-lite,iqt-lite.flaws,status,error,notes")
    assert ",blur 99 % (everywhere),ok," in row
    both = ("-m", "iqt-lite", "-m", "triq-lite", "-m", "psnr", "--explain")
    code, out, _ = iqa("score", EXAMPLES / "astronaut-blur.png", EXAMPLES / "astronaut-blur.png", *both, "-f", "json")
    document = json.loads(out)
    assert document["rows"][0]["iqt-lite.flaws"] == "nothing known"
    assert document["rows"][0]["triq-lite.flaws"].startswith("blur ")
    assert document["meta"]["models"]["iqt-lite"]["explanation"]["weights"] == "iqt-lite-flaws"
    assert "psnr.flaws" not in document["rows"][0]


def test_an_encoded_reference_does(iqa, tmp_path):
    encoded = tmp_path / "references.iqaref"
    assert iqa("encode", REFERENCE, "-m", "iqt-lite", "-o", encoded)[0] == 0
    code, out, _ = iqa("score", encoded, EXAMPLES / "astronaut-noise.png", "-m", "iqt-lite", "--explain", "-f", "csv")
    assert (code, "noise 99 % (everywhere)" in out) == (0, True)


def test_flaws_are_drawn_where_they_lie_and_nothing_where_no_crop_does(iqa, tmp_path):
    pytest.importorskip("matplotlib")
    noise = np.random.default_rng(0).normal(0, 25, pixels("coffee.png").shape)
    reference, image = spoiled_on_the_right(lambda whole: np.clip(whole + noise, 0, 255).astype(np.uint8))
    for name, part in (("reference.png", reference), ("image.png", image)):
        Image.fromarray(part).save(tmp_path / name)
    pair, maps = (tmp_path / "reference.png", tmp_path / "image.png"), tmp_path / "maps"
    code, out, _ = iqa("score", *pair, "--explain", "--crops", 1, "--map", maps, "--map-data", "-f", "json")
    assert code == 0
    drawn = np.load(next(maps.glob("*.iqt-lite.flaw-noise.npy")))
    assert drawn.shape == image.shape[:2]
    middle = image.shape[1] // 2  # in the one crop, which lies in the middle
    assert np.nanmean(drawn[:, middle:]) > np.nanmean(drawn[:, :middle]) + 0.5
    assert np.isnan(drawn[:, :32]).all()
    told = json.loads(out)["rows"][0]["details"]["iqt-lite"]["explanation"]
    assert told["where"]["noise"][5][0] is None
    assert told["words"] == "noise 99 % (right)"


def test_an_image_smaller_than_a_crop_has_cells_of_its_own_size(iqt_lite):
    reference, image = (pixels(name)[:100, :140] for name in ("astronaut.png", "astronaut-noise.png"))
    told = iqt_lite.score(reference, image).explanation
    assert told["told"] == ["noise"]
    assert np.array(told["where"]["noise"]).shape == (3, 4)


def test_a_frame_has_the_column():
    frame = iqa_cli.score(str(REFERENCE), str(EXAMPLES / "astronaut-noise.png"), explain=True)
    assert frame["iqt-lite.flaws"][0] == "noise 99 % (everywhere)"


def test_a_low_score_that_nothing_explains_asks_whether_the_images_belong_together(iqa, tmp_path):
    """Rows and JSON ask it of a shifted image; not where a flaw is told, nor without `--explain`."""
    Image.fromarray(np.roll(pixels("astronaut.png"), 6, axis=1)).save(tmp_path / "moved.png")
    asked = "nothing known at so low a score: are the two images aligned, and of the same scene?"

    def notes(image, *options):
        found = json.loads(iqa("score", REFERENCE, image, "-m", "iqt-lite", "-f", "jsonl", *options)[1])
        assert found["iqt-lite"] < 2
        return found["notes"]

    assert notes(tmp_path / "moved.png", "--explain") == [asked]
    assert notes(tmp_path / "moved.png") == []
    assert notes(EXAMPLES / "coffee.png", "--explain", "--on-size-mismatch", "crop")[1:] == []
    assert asked in iqa("score", REFERENCE, tmp_path / "moved.png", "-m", "iqt-lite", "--explain", "-f", "csv")[1]

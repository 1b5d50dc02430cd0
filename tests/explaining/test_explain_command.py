"""`iqa score --explain`, and the same in Python."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError
from iqa_cli.explaining.flaws import NAMES

EXAMPLES = Path(__file__).parents[2] / "examples"
CLEAN = ("astronaut.png", "coffee.png", "references/camera.png", "references/chelsea.png", "references/rocket.png")


@pytest.fixture
def iqa(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main(["score", *map(str, arguments)])
        out, err = capsys.readouterr()
        return leaving.value.code, out, err

    return run


@pytest.fixture(scope="module")
def triq_lite():
    return iqa_cli.load("triq-lite", explain=True)


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_photograph_shows_nothing_known(triq_lite, name):
    told = triq_lite.score(EXAMPLES / name).explanation
    assert (told["told"], told["words"]) == ([], "nothing known")


@pytest.mark.parametrize(
    ("name", "flaw"),
    [("astronaut-blur.png", "blur"), ("astronaut-noise.png", "noise"), ("astronaut-jpeg.jpg", "JPEG blocks")],
)
def test_a_strong_flaw_is_told_by_its_name(triq_lite, name, flaw):
    told = triq_lite.score(EXAMPLES / name).explanation
    assert told["told"][0] == flaw
    assert told["words"].startswith(f"{flaw} ")


def test_probabilities_lie_between_0_and_1_and_each_flaw_has_one(triq_lite):
    told = triq_lite.score(EXAMPLES / "astronaut-noise.png").explanation
    assert tuple(told["probabilities"]) == NAMES
    assert all(0 <= probability <= 1 for probability in told["probabilities"].values())
    rows, columns = np.array(told["where"]["noise"]).shape
    assert (rows, columns) == (Image.open(EXAMPLES / "astronaut.png").height // 32, 12)


def test_the_score_is_the_same_to_the_last_digit(triq_lite):
    assert triq_lite.score(EXAMPLES / "coffee.png") == iqa_cli.load("triq-lite").score(EXAMPLES / "coffee.png")


def test_noise_on_one_half_is_found_there(triq_lite):
    pixels = np.asarray(Image.open(EXAMPLES / "coffee.png").convert("RGB"), np.float32) / 255
    half = pixels.shape[1] // 2
    pixels[:, half:] += np.random.default_rng(0).normal(0, 0.15, pixels[:, half:].shape)
    told = triq_lite.score(np.clip(pixels, 0, 1)).explanation
    cells = np.array(told["where"]["noise"])
    middle = cells.shape[1] // 2
    assert cells[:, middle + 1 :].mean() > cells[:, : middle - 1].mean() + 0.2
    assert "noise 99 % (right)" in told["words"]


def test_csv_has_a_column_of_flaws_and_json_all_of_it(iqa):
    code, out, _ = iqa(
        EXAMPLES / "astronaut-noise.png", EXAMPLES / "coffee.png", "-m", "triq-lite", "--explain", "-f", "csv", "-q"
    )
    header, noisy, clean = out.splitlines()
    assert code == 0
    assert header == "image,triq-lite,triq-lite.flaws,status,error,notes"
    assert ",noise " in noisy
    assert ",nothing known,ok," in clean
    code, out, _ = iqa(EXAMPLES / "astronaut-noise.png", "--explain", "-f", "json", "-q")
    document = json.loads(out)
    assert document["rows"][0]["details"]["triq-lite"]["explanation"]["told"][0] == "noise"
    assert document["meta"]["models"]["triq-lite"]["explanation"]["weights"] == "triq-lite-flaws"


def test_a_run_that_is_resumed_keeps_what_was_told(iqa, tmp_path):
    first, second, rows = EXAMPLES / "astronaut-noise.png", EXAMPLES / "coffee.png", tmp_path / "rows.csv"
    assert iqa(first, "--explain", "-o", rows, "-q")[0] == 0
    told = rows.read_text().splitlines()[1]
    assert iqa(first, second, "-m", "triq-lite", "--explain", "-o", rows, "--resume", "-q")[0] == 0
    assert rows.read_text().splitlines()[1] == told
    code, _, err = iqa(first, "-m", "triq-lite", "-o", rows, "--resume", "-q")
    assert code == 2
    assert "triq-lite.flaws" in err


def test_flaws_are_drawn_where_they_lie(iqa, tmp_path):
    pytest.importorskip("matplotlib")
    assert iqa(EXAMPLES / "astronaut-noise.png", "--explain", "--map", tmp_path, "--map-data", "-q")[0] == 0
    found = {path.name.rpartition(".triq-lite.")[2] for path in tmp_path.iterdir()}
    assert {"attention.png", "flaw-noise.png", "flaw-noise.npy"} <= found
    cells = np.load(next(tmp_path.glob("*flaw-noise.npy")))
    picture = Image.open(EXAMPLES / "astronaut-noise.png")
    assert cells.shape == (picture.height, picture.width)
    assert (cells >= 0).all() and (cells <= 1).all()
    # Drawn anew only with leave, as every output.
    code, _, err = iqa(EXAMPLES / "astronaut-noise.png", "--explain", "--map", tmp_path, "-q")
    assert code == 2
    assert "already" in err


def test_models_that_cannot_say_why_are_refused_by_name(iqa):
    code, _, err = iqa(EXAMPLES / "coffee.png", "-m", "triq", "--explain")
    assert code == 2
    assert "none of these models can say why; these can: triq-lite" in " ".join(err.split())
    code, _, err = iqa(EXAMPLES / "coffee.png", "--explain", "--engine", "onnx")
    assert (code, "leave out --engine onnx" in " ".join(err.split())) == (2, True)
    with pytest.raises(UsageError, match="none of these models"):
        iqa_cli.load("psnr", explain=True)


def test_a_frame_has_the_column_and_details_on_request():
    frame = iqa_cli.score(str(EXAMPLES / "astronaut-noise.png"), models="triq-lite", explain=True, details=True)
    assert frame["triq-lite.flaws"][0].startswith("noise ")
    assert frame["details"][0]["triq-lite"]["explanation"]["told"][0] == "noise"

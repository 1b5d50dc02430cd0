"""`iqa compare --html` from real files to what a person sees in a real browser."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from iqa_cli.__main__ import main

pytest_plugins = ["browser"]

METHODS = ("dark", "noisy", "copy")
SCORED = ("-m", "psnr", "-m", "ssim", "-f", "csv", "--html", "p.html")


@pytest.fixture
def compare(tmp_path, monkeypatch, capsys):
    """`compare(*arguments)`: runs the command in the test's folder; gives the exit code and the CSV's rows."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main(["compare", *map(str, arguments), *SCORED])
        return leaving.value.code, list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    return run


@pytest.fixture
def noisy():
    """`noisy(pixels)`: the same image with noise."""
    return lambda pixels: np.clip(pixels + np.random.default_rng(0).normal(0, 20, pixels.shape), 0, 255).astype("uint8")


def in_words(score, decimals):
    return "∞" if score == "inf" else f"{float(score):.{decimals}f}"


def assert_panes_show(visit, files):
    """At 100 % every pane, in order, shows the pixels of its file; None stands for a pane without a picture."""
    visit.press("1")
    assert visit.zoomed() == "100 %"
    left, top = (int(part) for part in visit.transforms()[0].rstrip(")").split(",")[4:])
    for place, file in enumerate(files, 1):
        if file:
            expected = np.asarray(Image.open(visit.folder / file).convert("RGB"))
            height, width = expected.shape[:2]
            seen = visit.pixels(f".pane:nth-child({place}) .stage")[top : top + height, left : left + width]
            np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize("inline", [64, 0])
def test_folders_show_every_methods_files_and_scores(compare, visit, photo, saved, noisy, inline):
    for number, name in enumerate("ab"):
        pixels = photo(150, 200, number)
        variants = {"GT": pixels, "dark": pixels // 2, "noisy": noisy(pixels), "copy": pixels}
        for folder, variant in variants.items():
            saved(f"{folder}/{name}.png", variant)
    code, rows = compare("--ref", "GT", *METHODS, "--inline", inline)
    assert code == 0 and (visit.folder / "p_files").exists() == (inline == 0)
    visit.read(visit.folder / "p.html")
    by_place = {(row["method"], row["group"]): row for row in rows}
    assert sorted(visit.texts("#images tbody th bdi")) == ["a", "b"]
    for model, decimals in (("psnr", 2), ("ssim", 4)):
        visit.choose("Scores of", model)
        for line in visit.all("#images tbody tr"):
            name, *cells = line.text.split()
            assert cells[:3] == [in_words(by_place[method, name][model], decimals) for method in METHODS]
        assert visit.texts("#images tbody strong") == [in_words("inf" if model == "psnr" else 1, decimals)] * 2
    for number, name in enumerate("ab", 1):
        visit.read(visit.folder / "p.html", f"#{number}")
        assert visit.shown() == name and visit.texts(".pane .name") == ["reference", *METHODS]
        for method, said in zip(METHODS, visit.texts(".scores"), strict=True):
            psnr, ssim = (by_place[method, name][model] for model in ("psnr", "ssim"))
            best = "best" if method == "copy" else ""
            assert said == f"psnr{in_words(psnr, 2)}{best}ssim{in_words(ssim, 4)}{best}"
        assert_panes_show(visit, [f"{folder}/{name}.png" for folder in ("GT", *METHODS)])


def test_one_image_with_an_unreadable_candidate_and_one_equal_to_the_reference(compare, visit, photo, saved, noisy):
    pixels = photo(150, 200)
    saved("ref.png", pixels), saved("noisy.png", noisy(pixels)), saved("same.png", pixels)
    (visit.folder / "bad.png").write_bytes(b"no image")
    code, rows = compare("ref.png", "bad.png", "noisy.png", "same.png")
    assert code == 1 and [row["psnr"] for row in rows if row["status"] == "ok"][1] == "inf"
    visit.read(visit.folder / "p.html")
    noise = next(row for row in rows if row["method"] == "noisy.png")
    assert visit.texts(".pane .name") == ["reference", "bad.png", "noisy.png", "same.png"]
    assert visit.texts(".stage.empty") == ["–"] and visit.all(".pane:nth-child(2) .stage.empty")
    assert visit.texts(".scores") == [
        f"psnr{in_words(noise['psnr'], 2)}ssim{in_words(noise['ssim'], 4)}",
        "psnr∞bestssim1.0000best",
    ]
    assert_panes_show(visit, ["ref.png", None, "noisy.png", "same.png"])

"""The page of `iqa export MODEL --html`: what runs it is found and known, and it scores as the command line does.

The page itself is tried where the npm package that runs it lies: IQA_RUNTIME names it, or it is in the working folder.
"""

import hashlib
import os
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.support.ui import WebDriverWait

from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError
from iqa_cli.meaning import FIVE_LEVELS, Percentiles, meaning
from iqa_cli.options.crops import CropRule, windows
from iqa_cli.page import web_runtime
from iqa_cli.page.browser_scorer import write_browser_scorer
from iqa_cli.page.shell import asset
from iqa_cli.page.web_runtime import PLACES, WebRuntime, find_runtime
from iqa_cli.registry import MOST_CROPS, find_model

pytest_plugins = ["browser"]

EXAMPLES = Path(__file__).parents[2] / "examples"
SCORES = tuple(float(score) for score in np.linspace(1.5, 4.5, 21))
FACTS = {
    "model": "triq-lite",
    "weights": "mine",
    "sha256": "0123",
    "licence": "MIT",
    "citation": "A paper",
    "range": [1, 5],
    "higher_is_better": True,
    "percentiles": {"photographs": "photographs", "scores": list(SCORES)},
}


def iqa(*arguments):
    """The exit code of a command in this process."""
    with pytest.raises(SystemExit) as leaving:
        main([str(argument) for argument in arguments])
    return int(leaving.value.code or 0)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with files of our own that are taken for the real ones."""
    files = {path: path.encode() for path, _ in web_runtime.FILES.values()}
    digests = {name: (path, hashlib.sha256(path.encode()).hexdigest()) for name, (path, _) in web_runtime.FILES.items()}
    monkeypatch.setattr(web_runtime, "FILES", digests)
    folder = tmp_path / "unpacked" / "package"
    for path, content in {**files, "package.json": b"{}"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    with tarfile.open(tmp_path / web_runtime.ARCHIVE, "w:gz") as archive:
        archive.add(folder, "package")
    return folder


def test_the_runtime_is_found_in_the_archive_and_in_a_folder(package, tmp_path):
    places = (package, package.parent, tmp_path, tmp_path / web_runtime.ARCHIVE)
    assert {find_runtime(place) for place in places} == {find_runtime(package)}
    assert find_runtime(package).wasm == b"dist/ort-wasm-simd-threaded.wasm"


def test_the_runtime_is_found_in_the_working_folder(package, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_runtime(None).script == b"dist/ort.wasm.min.js"


def test_what_is_not_there_names_the_command_that_fetches_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no.tgz").write_bytes(b"no archive")
    for given in (None, tmp_path, tmp_path / "none.tgz", tmp_path / "no.tgz"):
        with pytest.raises(UsageError, match=r"npm pack onnxruntime-web@\d"):
            find_runtime(given)


def test_the_command_writes_a_page_and_prints_its_name(package, tmp_path, capsys):
    assert iqa("export", "triq-lite", "--html", tmp_path / "p.htm", "--runtime", package) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'p.htm'}\n" and "triq-lite" in (tmp_path / "p.htm").read_text()


def test_another_version_is_refused(package):
    (package / "dist/ort.wasm.min.js").write_bytes(b"newer")
    with pytest.raises(UsageError, match=r"ort\.wasm\.min\.js is not that of onnxruntime-web"):
        find_runtime(package)


def test_the_page_may_connect_to_nothing_and_credits_what_is_in_it(tmp_path):
    page = tmp_path / "scorer.html"
    write_browser_scorer(find_model("triq-lite"), b"network", FACTS, WebRuntime(b"", b"", b""), page)
    text = page.read_text(encoding="utf-8")
    policy = re.search(r'Policy" content="([^"]*)"', text)[1]
    assert "default-src &#39;none&#39;" in policy and "connect-src" not in policy
    assert not re.search(r"(https?:)?//[a-z]", re.sub(r'<script type="text/plain".*?</script>', "", text))
    assert "Copyright (c) Microsoft Corporation" in text and "WITHOUT WARRANTY OF ANY KIND" in text


def test_the_page_cuts_the_crops_that_the_command_line_cuts(visit):
    sizes = [(256, 256), (300, 256), (384, 512), (257, 900), (1000, 1500), (3000, 4000), (411, 411)]
    script = (
        asset("worker_crops.js")
        + "; return arguments[0].map(([h, w]) => cropCorners(h, w, 256, arguments[2], arguments[1]))"
    )
    for overlap in (1 / 4, 1 / 2):
        wanted = [[list(corner) for corner in windows(*size, 256, CropRule(overlap=overlap))] for size in sizes]
        assert visit.driver.execute_script(script, sizes, MOST_CROPS, overlap) == wanted


def test_the_page_has_the_words_of_the_command_line(visit):
    scores = [0.9, 1.49, 1.5, 2.2, 3.0, 4.31, 4.5, 5.2]
    told = [meaning(score, FIVE_LEVELS, False, Percentiles("photographs", SCORES)) for score in scores]
    data = {"words": ["bad", "poor", "fair", "good", "excellent"], "higher": True, "mostPercent": 99}
    data["percentiles"] = FACTS["percentiles"]
    script = "const data = arguments[0];" + asset("scorer_words.js")
    script += "; return arguments[1].map((score) => [levelOf(score), amongPhotographs(score)])"
    wanted = [[each["label"], f"better than {int(each['percentile'])} % of photographs"] for each in told]
    assert visit.driver.execute_script(script, data, scores) == wanted


@pytest.fixture(scope="module")
def runtime():
    """Where the npm package lies."""
    places = [Path(os.environ["IQA_RUNTIME"])] if os.environ.get("IQA_RUNTIME") else [Path(p) for p in PLACES]
    found = next((place.absolute() for place in places if place.exists()), None)
    pytest.importorskip("onnx", reason="the page is made of an ONNX file: pip install 'iqa-cli[onnx]'")
    return found or pytest.skip(f"no onnxruntime-web: {web_runtime.REMEDY}, here by IQA_RUNTIME")


@pytest.fixture(scope="module")
def scorer(runtime, tmp_path_factory):
    """The page of a model, made by the command."""
    folder = tmp_path_factory.mktemp("scorers")

    def made(model):
        page = folder / f"{model}.html"
        if not page.exists():
            assert iqa("export", model, "--html", page, "--runtime", runtime) == 0
        return page

    return made


def drop(visit, *files, field=None):
    """Into the field of that name, the last if none is given."""
    inputs = visit.all(f'input[aria-label="{field}"]' if field else "input.files")
    inputs[-1].send_keys("\n".join(map(str, files)))


def scored(visit, count):
    """The scores of the page by name, when all are there."""
    there = "document.querySelectorAll('.score, .failed').length"
    WebDriverWait(visit.driver, 120).until(lambda _: visit.js(there) == count)
    entries = "[...document.querySelectorAll('.result')].map((each) => [each.querySelector('.name').textContent, "
    return dict(visit.js(f"{entries} each.querySelector('.score')?.dataset.score])"))


@pytest.mark.slow
def test_photographs_score_in_the_browser_as_on_the_command_line(visit, scorer, tmp_path):
    import iqa_cli

    files = [EXAMPLES / "coffee.png", EXAMPLES / "astronaut-jpeg.jpg", tmp_path / "small.png", tmp_path / "turned.jpg"]
    Image.open(files[0]).resize((32, 45)).save(files[2])
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.open(files[1]).crop((0, 0, 300, 200)).save(files[3], quality=90, exif=turned)
    clear = Image.open(files[0]).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    clear.save(tmp_path / "clear.png")
    visit.read(scorer("triq-lite"))
    drop(visit, *files, tmp_path / "clear.png")
    found = scored(visit, 5)
    wanted = iqa_cli.load("triq-lite")
    for file in files:
        assert float(found[file.name]) == pytest.approx(float(wanted.score(file)), abs=1e-3), file.name
    # A canvas blends what is half transparent in 8 bits, the command line does not round.
    assert float(found["clear.png"]) == pytest.approx(float(wanted.score(tmp_path / "clear.png")), abs=0.02)
    assert len(visit.all(".picture .map")) == 5 and "better than" in visit.one(".told").text
    visit.click(".check input")
    visit.wait(lambda: float(visit.style(".picture .map", "opacity")[0]) == 0.6)


@pytest.mark.slow
def test_pictures_are_compared_with_a_reference_in_the_browser_as_on_the_command_line(visit, scorer, tmp_path):
    import iqa_cli

    files = {name: tmp_path / f"{name}.png" for name in ("astronaut", "astronaut-jpeg", "small")}
    for name, path in files.items():
        picture = Image.open(next(EXAMPLES.glob(f"{name.replace('small', 'coffee')}.*"))).convert("RGB")
        picture.crop((0, 0, 290, 200)).save(path)  # a few crops; lower than one, so mirrored
    Image.new("RGB", (100, 100)).save(files["small"])
    visit.read(scorer("iqt-lite"))
    drop(visit, files["astronaut"])
    assert "First choose the reference" in visit.texts(".controls .count")[0]
    drop(visit, files["astronaut"], field="Reference")
    drop(visit, files["astronaut-jpeg"], files["small"])
    found = scored(visit, 2)
    wanted = iqa_cli.load("iqt-lite").score(files["astronaut"], files["astronaut-jpeg"])
    assert float(found["astronaut-jpeg.png"]) == pytest.approx(float(wanted), abs=1e-3)
    assert found["small.png"] is None and "both must have one size" in visit.texts(".failed")[0]


@pytest.mark.slow
def test_what_cannot_be_scored_says_why_and_costs_nothing_else(visit, scorer, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    Image.new("RGB", (31, 40)).save(tmp_path / "tiny.png")
    visit.read(scorer("triq-lite"))
    drop(visit, tmp_path / "notes.txt", tmp_path / "tiny.png", EXAMPLES / "coffee.png")
    assert scored(visit, 3)["coffee.png"] is not None
    reasons = "".join(visit.texts(".failed"))
    assert "cannot read it as a picture" in reasons and "needs 32 px a side" in reasons


@pytest.mark.slow
def test_what_was_stopped_says_so_and_others_are_scored_after_it(visit, scorer, tmp_path):
    Image.open(EXAMPLES / "coffee.png").resize((2400, 1600)).save(tmp_path / "large.png")
    visit.read(scorer("triq-lite"))
    drop(visit, tmp_path / "large.png", EXAMPLES / "coffee.png")
    visit.driver.find_element("xpath", "//button[text()='Stop']").click()
    assert visit.texts(".failed") == ["stopped", "stopped"]
    drop(visit, EXAMPLES / "astronaut-jpeg.jpg")
    assert scored(visit, 3)["astronaut-jpeg.jpg"] is not None
    assert visit.texts(".result .name")[0] == "astronaut-jpeg.jpg"


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_has_room_for_all_and_a_name_for_every_control(visit, scorer, width):
    visit.read(scorer("triq-lite"))
    visit.resize(width, 844)
    drop(visit, EXAMPLES / "coffee.png")
    scored(visit, 1)
    assert visit.fits("html") and all(name.strip() for _, name in visit.controls())
    assert min(visit.heights(":is(button, .check, .drop)")) >= 40


def test_the_command_needs_a_file_to_write(capsys):
    assert iqa("export", "triq-lite") == 2
    assert "--html triq-lite.html" in capsys.readouterr().err

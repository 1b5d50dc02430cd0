"""The commands as Python functions: the same numbers, in frames."""

import csv
import inspect
import io
import re
import rlcompleter
import subprocess
import sys
import warnings
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError
from iqa_cli.options.engine_keywords import COMPARING
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.registry import FIRST, FULL, NONE

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """The current directory: ref/ and dist/ with two pictures each."""
    monkeypatch.chdir(tmp_path)
    for number, stem in enumerate("ab"):
        for place, kind in (("ref", "png"), ("dist", "jpg")):
            Path(place).mkdir(exist_ok=True)
            Image.fromarray(photo(48, 64, number)).save(f"{place}/{stem}.{kind}")
    return tmp_path


@pytest.fixture
def command(capsys):
    """`command("score", ...)`: the rows of the CSV that it prints."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([*map(str, arguments), "-f", "csv"])
        assert not leaving.value.code
        return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    return run


def as_text(frame):
    return [{name: "" if cell is None or cell != cell else str(cell) for name, cell in row.items()}
            for row in frame.to_dict("records")]  # fmt: skip


def test_score_gives_the_rows_of_the_command(command):
    frame = iqa_cli.score("ref", "dist", models=["psnr", "ssim"], luma="full", crop_border=2)
    assert as_text(frame) == command("score", "ref", "dist", "-m", "psnr", "-m", "ssim", "--luma", "full",
                                     "--crop-border", 2)  # fmt: skip
    assert frame.attrs["meta"]["models"].keys() == {"psnr", "ssim"}


def test_a_manifest_and_the_home_folder_work_as_on_the_command_line(folder, monkeypatch):
    Path("list.csv").write_text("reference,distorted,codec\nref/a.png,dist/a.jpg,JPEG\nref/b.png,gone.jpg,JPEG\n")
    monkeypatch.setenv("HOME", str(folder))
    frame = iqa_cli.score(manifest="~/list.csv", models="psnr", details=True)
    assert frame["codec"].tolist() == ["JPEG", "JPEG"] and frame["status"].tolist() == ["ok", "error"]
    assert "gone.jpg" in frame["error"][1] and frame["details"][0]["psnr"]["status"] == "ok"


def test_the_home_of_somebody_who_is_not_there_is_a_missing_file_like_any_other():
    with pytest.raises(UsageError, match=r"no such file or folder: ~nobody-at-all/a\.png"):
        iqa_cli.score("~nobody-at-all/a.png", models="triq-lite")


def test_lists_and_generators_of_paths_stand_for_their_paths():
    two = iqa_cli.score("ref/a.png", ["dist/a.jpg", Path("dist/b.jpg")], models="psnr")
    assert two["distorted"].tolist() == ["dist/a.jpg", "dist/b.jpg"]
    assert iqa_cli.score(sorted(Path("dist").glob("*.jpg")), models="triq-lite")["image"].tolist() == [
        "dist/a.jpg", "dist/b.jpg"]  # fmt: skip


def test_names_of_models_may_be_parted_by_commas_but_load_takes_one(folder):
    assert {"psnr", "ssim"} <= set(iqa_cli.score("ref/a.png", "dist/a.jpg", models="psnr, ssim").columns)
    with pytest.raises(UsageError, match="one name is meant here"):
        iqa_cli.load("psnr,ssim")


def test_what_is_no_name_of_a_model_is_refused_in_one_line(folder):
    for odd in (3, [None]):
        with pytest.raises(UsageError, match=r"no model '(3|None)': there are, with a reference: iqt"):
            iqa_cli.score("ref/a.png", "dist/a.jpg", models=odd)


def test_two_lists_are_pairs_in_order():
    pairs = iqa_cli.score(["ref/b.png", "ref/a.png"], (f"dist/{name}.jpg" for name in "ba"), models="psnr")
    folders = iqa_cli.score("ref", "dist", models="psnr")
    assert pairs["psnr"].tolist() == folders["psnr"].tolist()[::-1]
    with pytest.raises(UsageError, match="1 reference and 2 distorted images do not pair"):
        iqa_cli.score(["ref/b.png"], ["dist/a.jpg", "dist/b.jpg"], models="psnr")


def test_what_is_no_path_is_sent_to_the_scorer(photo):
    with pytest.raises(UsageError, match=r"no path: iqa_cli.load\(name\).score\(...\) takes arrays"):
        iqa_cli.score(photo(48, 64), models="triq-lite")


def test_rows_and_errors_speak_python():
    frame = iqa_cli.score("ref/a.png", "dist/a.jpg", models="psnr", max_pixels=9)
    assert "raise it with max_pixels=3072" in frame["error"][0]
    with pytest.raises(UsageError, match="crops='every': give a number"):
        iqa_cli.score("ref", "dist", models="psnr", crops="every")
    with pytest.raises(TypeError, match="no keyword 'crop_boarder'"):
        iqa_cli.score("ref", "dist", models="psnr", crop_boarder=4)


def test_a_signature_shows_every_option_of_the_engine_with_its_default():
    for function in (iqa_cli.score, iqa_cli.evaluate, iqa_cli.compare, iqa_cli.rank, iqa_cli.load):
        parameters = inspect.signature(function).parameters
        shown = {name: parameter.default for name, parameter in parameters.items()}
        assert all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters.values())
        for field in fields(EngineOptions):
            assert (field.name in shown) != (function is iqa_cli.rank and field.name in COMPARING)
            if field.name in shown and field.name not in ("weights", "crops"):
                assert shown[field.name] == field.default


def test_scores_are_kept_and_gone_on_with(command):
    iqa_cli.distort("ref", out="set", types=[10], levels=[1, 3, 5])
    first = iqa_cli.evaluate("psnr", manifests="set/manifest.csv", resamples=0, keep="scores.csv")
    with pytest.raises(UsageError, match="resume=True keeps its rows"):
        iqa_cli.evaluate("psnr", manifests="set/manifest.csv", resamples=0, keep="scores.csv")
    again = iqa_cli.evaluate("psnr", manifests="set/manifest.csv", resamples=0, keep="scores.csv", resume=True)
    assert again["value"].tolist() == first["value"].tolist()


def test_rows_go_into_files_that_a_second_run_goes_on_with(command):
    first = iqa_cli.score("ref/a.png", "dist/a.jpg", models="psnr", output=["a.csv", Path("a.json")])
    assert as_text(first) == list(csv.DictReader(Path("a.csv").read_text().splitlines()))
    with pytest.raises(UsageError, match=r"a\.csv.: is there already; resume=True keeps.*overwrite=True replaces"):
        iqa_cli.score("ref", "dist", models="psnr", output="a.csv")
    both = iqa_cli.score("ref", "dist", models="psnr", output="a.csv", resume=True)
    assert both["distorted"].tolist() == ["dist/a.jpg", "dist/b.jpg"] and both["psnr"][0] == first["psnr"][0]
    assert len(Path("a.csv").read_text().splitlines()) == 3
    iqa_cli.compare("ref/a.png", "dist/a.jpg", "dist/b.jpg", models="psnr", output=["c.csv", "c.md"])
    again = iqa_cli.compare("ref/a.png", "dist/a.jpg", "dist/b.jpg", models="psnr", output="c.csv", resume=True)
    assert again["score"].max() == first["psnr"][0] and "psnr" in Path("c.md").read_text().lower()


def test_what_is_skipped_is_a_warning_at_the_callers_line():
    Path("dist/extra.jpg").write_bytes(Path("dist/a.jpg").read_bytes())
    with pytest.warns(UserWarning, match="extra") as told:
        iqa_cli.score("ref", "dist", models="psnr", allow_missing=True)
    assert told[0].filename == __file__


def test_evaluate_gives_the_statistics_of_the_command(command):
    made = iqa_cli.distort("ref", out="set", types=[10, "white noise"], levels=[1, 2.5, 5])
    assert len(made) == 12 and all(Path(path).is_file() for path in made["distorted"])
    frame = iqa_cli.evaluate("psnr", manifests="set/manifest.csv", by="type", resamples=50)
    rows = command("eval", "--manifest", "set/manifest.csv", "-m", "psnr", "--by", "type", "--resamples", 50)
    expected = pd.DataFrame(rows)
    assert frame["statistic"].tolist() == expected["statistic"].tolist()
    np.testing.assert_allclose(frame["value"], pd.to_numeric(expected["value"]))
    assert isinstance(frame.attrs["notes"]["set"], list)


def test_scores_of_another_toolkit_are_evaluated():
    pd.DataFrame({"name": range(9), "LPIPS": range(9), "MOS": range(9, 0, -1)}).to_csv("lpips.csv")
    columns = {"image": "name", "mos": "MOS", "lpips": "LPIPS"}
    frame = iqa_cli.evaluate(scores="lpips.csv", columns=columns, lower_is_better="lpips", resamples=0)
    assert frame.set_index("statistic")["value"]["srocc"] == 1
    given = {"scores": "lpips.csv", "columns": columns, "resamples": 0}
    assert len(iqa_cli.evaluate(**given, luma=None, device="auto", frame="all")) == len(frame)
    with pytest.raises(UsageError, match=r"has the scores already: leave out crops=, frame=$"):
        iqa_cli.evaluate(**given, crops=4, frame=2)
    with pytest.raises(TypeError, match="did you mean 'luma'"):
        iqa_cli.evaluate(**given, lumma="bt601")


def test_compare_ranks_candidates_and_methods(photo):
    rng = np.random.default_rng(0)
    for method, strength in (("good", 5), ("bad", 30)):
        Path(method).mkdir()
        for number, stem in enumerate("ab"):
            noisy = photo(48, 64, number) + rng.normal(0, strength, (48, 64, 3))
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(f"{method}/{stem}.png")
    frame = iqa_cli.compare("bad", "good", ref="ref", models="psnr")
    assert dict(zip(frame["method"], frame["rank"], strict=True)) == {"bad": 2, "good": 1}
    single = iqa_cli.compare("ref/a.png", "bad/a.png", "good/a.png", models=["psnr", "ssim"], html="page.html")
    assert len(single) == 4 and Path("page.html").is_file()
    assert set(single[single["rank"] == 1]["method"]) == {Path("good/a.png").as_posix()}


def test_no_function_replaces_what_it_reads_or_prints_anything(capfd):
    before = Path("dist/a.jpg").read_bytes()
    with pytest.raises(UsageError, match="would replace"):
        iqa_cli.compare("ref/a.png", "dist/a.jpg", models="psnr", html="dist/a.jpg")
    iqa_cli.score("ref", "dist", models="psnr")
    assert Path("dist/a.jpg").read_bytes() == before
    assert capfd.readouterr() == ("", "")


def test_one_weight_file_is_meant_for_the_only_trained_model():
    with pytest.raises(UsageError, match="say for which model"):
        iqa_cli.score("ref", "dist", models=["iqt", "iqt-c"], weights="x.safetensors")


def test_names_are_found_without_importing_anything_heavy():
    assert {"load", "score", "errors"} <= set(dir(iqa_cli)) and "TYPE_CHECKING" not in dir(iqa_cli)
    completed = rlcompleter.Completer({"iqa_cli": iqa_cli}).attr_matches("iqa_cli.l")
    assert completed == ["iqa_cli.load("]
    program = (
        "import sys, iqa_cli; assert {'score', 'evaluate', 'compare', 'distort', 'load'} <= set(dir(iqa_cli)); "
        "heavy = {'torch', 'pandas', 'numpy', 'PIL', 'rich', 'typer'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT)}, check=True)


def test_types_are_shipped():
    assert (Path(iqa_cli.__file__).parent / "py.typed").is_file()


def test_the_examples_of_the_page_run(folder, trained, capsys):
    trained("iqt-c")  # or skip
    Path("examples").symlink_to(ROOT / "examples")
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for example in examples:
            exec(compile(example, "docs/python.md", "exec"), names)
    assert len(examples) >= 6 and "did you mean 'psnr'?" in capsys.readouterr().out


def test_without_a_model_the_first_that_fits_is_taken(folder):
    pair = iqa_cli.score("ref/a.png", "dist/a.jpg", crops=1)
    alone = iqa_cli.score("dist/a.jpg")
    assert FIRST[FULL] in pair.columns and FIRST[NONE] in alone.columns

"""`iqa_cli.score` beside `iqa score`: the same files, the same refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """The current directory: gt/ with a picture, and m1/ and m2/ with it made brighter by 10 and by 20 levels."""
    monkeypatch.chdir(tmp_path)
    pixels = (photo(48, 64).astype(float) * 0.8).astype(np.uint8)
    for place, more in (("gt", 0), ("m1", 10), ("m2", 20)):
        Path(place).mkdir()
        Image.fromarray(pixels + np.uint8(more)).save(f"{place}/a.png")
    return tmp_path


def command(*arguments):
    """`iqa score ...` in this process: the exit code."""
    with pytest.raises(SystemExit) as leaving:
        main(["score", *map(str, arguments)])
    return int(leaving.value.code or 0)


def psnr(levels):
    return 20 * np.log10(255 / levels)


def test_each_of_several_result_folders_has_a_mean_of_its_own_in_every_file():
    iqa_cli.score("gt", "m1", "m2", models="psnr", output=["p.json", "p.txt", "p.csv"])
    told, ended = (json.loads(Path(name).read_text()) for name in ("p.json", "p.csv.run.json"))
    for means in (told["means"], ended["summary"]["means"]):
        assert {mean["folder"]: mean["mean"]["psnr"] for mean in means} == pytest.approx(
            {"m1": psnr(10), "m2": psnr(20)}
        )
    assert command("gt", "m1", "m2", "-m", "psnr", "-o", "c.json", "-o", "c.txt") == 0
    assert json.loads(Path("c.json").read_text()) == json.loads(Path("p.json").read_text())
    assert Path("c.txt").read_text() == Path("p.txt").read_text()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"map": "maps", "map_data": True}, "map: none of these models can show where it looked; these can: iqt"),
        ({"map_data": True}, "map_data=True needs map=DIR: the arrays lie beside the pictures"),
    ],
)
def test_maps_that_nobody_could_draw_are_refused_as_on_the_command_line(asked, told):
    with pytest.raises(UsageError, match=told):
        iqa_cli.score("gt", "m1", models="psnr", **asked)
    assert not Path("maps").exists()


def test_a_table_with_columns_of_other_names_is_read_as_the_error_says():
    Path("list.csv").write_text("target,result,codec\ngt/a.png,m1/a.png,x\n")
    with pytest.raises(UsageError, match=r"found target, result, codec \(name others by columns={'image': NAME}\)"):
        iqa_cli.score(manifest="list.csv", models="psnr")
    frame = iqa_cli.score(manifest="list.csv", models="psnr", columns={"reference": "target", "image": "result"})
    assert frame["psnr"].tolist() == pytest.approx([psnr(10)]) and frame["codec"].tolist() == ["x"]


@pytest.mark.parametrize("resume", [False, True])
def test_a_pair_given_twice_has_the_columns_of_each_of_its_rows_though_these_are_one_number(resume):
    Path("list.csv").write_text("reference,distorted,id\ngt/a.png,m1/a.png,01\ngt/a.png,m1/a.png,1\n")
    for _ in range(1 + resume):
        frame = iqa_cli.score(manifest="list.csv", models="psnr", output="s.csv", resume=resume)
        assert frame["id"].tolist() == ["01", "1"] and frame["psnr"].tolist() == pytest.approx([psnr(10)] * 2)


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"columns": {"image": "x"}}, "give manifest=FILE"), ({"manifest": "list.csv"}, "either paths or manifest=")],
)
def test_what_is_about_a_table_is_refused_beside_paths(asked, told):
    for paths in (("gt", "m1"), (["gt/a.png"], ["m1/a.png"])):
        with pytest.raises(UsageError, match=told):
            iqa_cli.score(*paths, models="psnr", **asked)


def test_a_border_that_no_model_would_cut_is_refused_and_beside_one_that_does_is_cut(capsys):
    with pytest.raises(UsageError, match="crop_border=4: says how psnr, ssim, ms-ssim are taken; no model of this run"):
        iqa_cli.score("gt", "m1", models="gmsd", crop_border=4)
    with pytest.raises(UsageError, match="crop_border=4: says how"):
        iqa_cli.BatchScorer("gmsd", reference="gt", crop_border=4)
    assert command("gt", "m1", "-m", "gmsd", "--crop-border", 4) == 2
    assert "--crop-border 4: says how psnr, ssim, ms-ssim are taken; no model" in capsys.readouterr().err
    assert iqa_cli.score("gt", "m1", models="gmsd,psnr", crop_border=4)["crop_border"].tolist() == [4]


@pytest.mark.parametrize("progress", [False, True])
def test_what_a_command_warns_of_while_it_runs_is_a_warning_at_the_callers_line(capfd, progress):
    for run in (
        lambda **how: iqa_cli.score("gt/a.png", "m1/a.png", output="s.csv", **how),
        lambda **how: iqa_cli.compare("gt/a.png", "m1/a.png", "m2/a.png", output="c.csv", **how),
    ):
        run(models="psnr", overwrite=True)
        for beside in Path().glob("*.run.json"):
            beside.unlink()
        with pytest.warns(UserWarning, match=r"\.csv: nothing tells with which weights") as told:
            run(models="psnr", resume=True, progress=progress)
        assert [warning.filename for warning in told] == [__file__]
    assert capfd.readouterr() == ("", "")


def test_methods_are_called_as_on_the_command_line_or_as_a_list_says():
    for names in ("A, B", ["A", "B"], ("10, bright", "20, bright")):
        frame = iqa_cli.compare("m1", "m2", ref="gt", models="psnr", names=names)
        assert set(frame["method"]) == ({"A", "B"} if "A" in names[0] else set(names))


def test_a_page_is_no_file_called_as_stdout():
    with pytest.raises(UsageError, match="html='-': a page needs a name"):
        iqa_cli.compare("gt/a.png", "m1/a.png", models="psnr", html="-")
    assert not Path("-").exists()

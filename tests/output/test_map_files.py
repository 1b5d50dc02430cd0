"""Maps as files: drawn beside the scores, on the scale of the weights, each under a name of its own."""

from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from PIL import Image

from iqa_cli.__main__ import main
from iqa_cli.executing.maps import Maps
from iqa_cli.ground.box import Box
from iqa_cli.output import map_names
from iqa_cli.output.map_files import MapWriter, label, limits
from iqa_cli.output.map_names import MapNames, maps_there
from iqa_cli.records import Job, ScoreRange
from iqa_cli.registry import find_model


def run(*arguments):
    with pytest.raises(SystemExit) as leaving:
        main(["score", *map(str, arguments)])
    return leaving.value.code


def test_maps_are_drawn_beside_the_scores_and_saved_as_arrays(trained, saved, photo, tmp_path, capsys):
    trained("iqt-c")
    reference, distorted = saved("a.png", photo(200, 230)), saved("b.png", photo(200, 230, 1))
    folder = tmp_path / "maps"
    assert run(reference, distorted, "-m", "iqt-c", "-m", "psnr", "--crops", 2, "--map", folder, "--map-data") == 0
    names = {path.name.rpartition("b.png.")[2] for path in folder.iterdir()}
    assert names == {f"iqt-c.{kind}.{suffix}" for kind in ("attention", "quality") for suffix in ("png", "npy")}
    assert np.load(next(folder.glob("*attention.npy"))).shape == (200, 230)
    for picture in folder.glob("*.png"):
        assert np.asarray(Image.open(picture).convert("RGB")).std() > 10


def test_images_whose_names_join_alike_keep_maps_of_their_own(tmp_path, photo):
    writer = MapWriter(tmp_path, arrays=True)
    pixels = photo(8, 8).astype(np.float32) / 255
    for value, image in enumerate(("a/b/x.png", "a__b/x.png")):
        for model in ("iqt", "triq"):
            writer.write(Job(image), pixels, model, Maps(np.full((8, 8), 1.0 + value), None, ScoreRange(1, 5)), 3.0)
    found = {path.name: np.load(path)[0, 0] for path in tmp_path.glob("*.npy")}
    assert found == {
        f"a__b__x.png{mark}.{m}.attention.npy": v for mark, v in (("", 1), ("~2", 2)) for m in ("iqt", "triq")
    }


def test_rows_of_one_image_keep_maps_of_their_own_and_a_run_that_goes_on_calls_them_alike(tmp_path):
    jobs = [
        Job("x.png", "a.png"),
        Job("x.png", "b.png"),
        Job("x.png", "a.png", mask="m.png"),
        Job("x.png", "a.png", box=Box(0, 0, 4, 4)),
    ]
    names = MapNames()
    assert [names.of(job, "iqt", "quality") for job in (*jobs, *jobs)] == 2 * [
        f"x.png{mark}.iqt.quality" for mark in ("", "~2", "~3", "~4")
    ]
    assert MapNames(jobs).of(jobs[2], "iqt", "quality") == "x.png~3.iqt.quality"
    for number in range(1, 5):
        (tmp_path / f"x.png~{number}.iqt.quality.png").touch()
    assert len(maps_there(tmp_path, jobs, [find_model("iqt")])) == 3


def test_names_that_some_file_system_takes_for_one_or_refuses_are_told_apart_on_all():
    names = MapNames()
    told = {"A.png": "A.png", "a.PNG": "a.PNG~2", "\u00e9.png": "\u00e9.png", "e\u0301.png": "e\u0301.png~2"}
    assert {image: names.of(Job(image), "iqt", "quality").removesuffix(".iqt.quality") for image in told} == told


@pytest.mark.parametrize(
    ("image", "start"), [("https://x.org/a.png?v=1", "https___x.org__a.png_v=1~"), ('a*"<|>b.png', "a_____b.png~")]
)
def test_a_name_that_some_file_system_refuses_is_that_of_no_other_image_in_whichever_run(image, start):
    name = MapNames().of(Job(image), "iqt", "quality")
    assert name.startswith(start) and name != MapNames().of(Job(start[:-1]), "iqt", "quality")
    assert name == MapNames([Job(start[:-1])]).of(Job(image), "iqt", "quality")


@pytest.mark.parametrize(
    ("kind", "image"), [(PurePosixPath, "/photos/../a.png"), (PureWindowsPath, r"C:\photos\a.png")]
)
def test_a_map_is_called_by_a_name_below_its_folder_on_every_system(kind, image, monkeypatch):
    monkeypatch.setattr(map_names, "Path", kind)
    assert MapNames().of(Job(image), "iqt", "quality") == "photos__a.png.iqt.quality"


def drawn(writer, image):
    writer.write(Job(image), np.zeros((8, 8, 3), np.float32), "iqt", Maps(np.ones((8, 8)), None, ScoreRange(1, 5)), 3.0)


def test_names_too_long_for_a_file_are_cut_with_a_hash_that_keeps_them_apart(tmp_path):
    told = []
    writer = MapWriter(tmp_path, arrays=True, warn=told.append)
    deep = "/".join(["folder-" + "é" * 40] * 5)
    for name in ("x", "y"):
        drawn(writer, f"{deep}/{name}.png")
    assert (told, writer.failed) == ([], 0)
    assert len({path.name for path in tmp_path.glob("folder-*~*.iqt.attention.png")}) == 2


def test_a_map_that_cannot_be_written_is_told_and_costs_no_other(tmp_path):
    told = []
    writer = MapWriter(tmp_path / "maps", arrays=False, warn=told.append)
    (tmp_path / "maps/a.png.iqt.attention.png").mkdir()  # in its place
    for image in ("a.png", "b.png"):
        drawn(writer, image)
    assert writer.failed == len(told) == 1 and told[0].startswith("a.png: no attention map of iqt")
    assert (tmp_path / "maps/b.png.iqt.attention.png").is_file()


def test_a_name_that_is_not_utf_8_is_drawn_with_its_bytes_escaped(tmp_path):
    writer = MapWriter(tmp_path, arrays=True)
    drawn(writer, "a\udce9.png")
    assert {path.suffix for path in tmp_path.glob("a\udce9.png.iqt.attention.*")} == {".png", ".npy"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["写真.png", "तस्वीर.png", "📷.png"])
def test_a_name_in_letters_that_the_font_lacks_is_no_warning(tmp_path, name):
    writer = MapWriter(tmp_path, arrays=False)
    drawn(writer, name)
    assert (tmp_path / f"{name}.iqt.attention.png").is_file()


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["-m", "psnr", "--map", "maps"], "none of these models can show where it looked"),
        (["-m", "iqt-c", "--map-data"], "--map-data needs --map"),
    ],
)
def test_maps_that_cannot_be_drawn_are_refused_at_once(saved, photo, capsys, arguments, complaint):
    picture = saved("a.png", photo(40, 40))
    assert run(picture, picture, *arguments) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("range", "expected", "words"),
    [
        (ScoreRange(1, 5), (1, 5), "score, 1 to 5"),
        (ScoreRange(0, 1), (0, 1), "score, 0 to 1"),
        (ScoreRange(0, None), (0, 0.75), "score"),
        (ScoreRange(), (0.25, 0.75), "score"),
    ],
)
def test_the_scale_of_a_quality_map_is_that_of_the_weights(range, expected, words):
    values = np.array([[0.25, np.nan, 0.75]], np.float32)
    assert limits("quality", values, range) == expected
    assert label("quality", range) == words
    assert limits("attention", values, range)[0] == 0
    assert label("attention", range) == "attention, mean 1"


def test_maps_of_weights_that_score_from_0_to_1_are_drawn_on_that_scale(tmp_path):
    ramp = np.linspace(0, 1, 64, dtype=np.float32).repeat(64).reshape(64, 64)
    pixels, drawn = np.full((64, 64, 3), 0.5, np.float32), []
    for range in (ScoreRange(0, 1), ScoreRange(), ScoreRange(1, 5)):  # the second takes the ends of the ramp
        writer = MapWriter(tmp_path, arrays=False)
        writer.write(Job("a.png"), pixels, "iqt", Maps(ramp, ramp, range), 0.5)
        picture = np.asarray(Image.open(tmp_path / "a.png.iqt.quality.png").convert("RGB"), int)
        drawn.append(picture[:, : picture.shape[1] * 2 // 3])  # without the bar and its label
    assert np.abs(drawn[0] - drawn[1]).mean() < np.abs(drawn[0] - drawn[2]).mean() / 4


def test_two_boxes_of_one_image_get_two_maps_in_one_run_and_in_two(trained, saved, photo, tmp_path, monkeypatch):
    trained("iqt-c")
    monkeypatch.chdir(tmp_path)
    saved("a.png", photo(200, 400)), saved("b.png", photo(200, 400, 1))

    def mapped(folder, second, *more):
        """The exit code of a run over two boxes."""
        rows = "".join(f'a.png,b.png,"{box}"\n' for box in ("0,0,200,200", second))
        (tmp_path / "list.csv").write_text("reference,distorted,box\n" + rows)
        return run("--manifest", "list.csv", "-m", "iqt-c", "--crops", 2, "--map", folder, "--map-data", *more)

    assert mapped("whole", "200,0,200,200") == 0
    goes_on = ("--resume", "-o", "rows.csv")
    assert mapped("parts", "200,0,201,200", *goes_on) == 1  # which is not inside
    assert mapped("parts", "200,0,200,200", *goes_on) == 0
    names = {path.name for path in (tmp_path / "whole").iterdir()}
    assert names == {path.name for path in (tmp_path / "parts").iterdir()}
    assert len([name for name in names if "b.png~2." in name]) == len(names) / 2 == 4
    for name in (name for name in names if name.endswith(".npy")):
        np.testing.assert_array_equal(*(np.load(tmp_path / folder / name) for folder in ("whole", "parts")))

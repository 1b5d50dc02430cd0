"""Masks and boxes from the command line and from manifests: which belongs to which image."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from planning import complaint, full, manifest, piped, touch, write

from iqa_cli.__main__ import main
from iqa_cli.plan.areas import Areas, with_areas
from iqa_cli.records import Job
from iqa_cli.registry import find_model

pytestmark = pytest.mark.usefixtures("here")
PSNR = (find_model("psnr"),)


def masks(plan, **areas):
    return [(job.image, job.mask) for job in with_areas(plan.jobs, Areas(**areas), PSNR)]


def test_one_picture_is_the_mask_of_all_images():
    touch("ref/a.png", "ref/b.png", "dist/a.png", "dist/b.png", "mask.png")
    assert {mask for _, mask in masks(full("ref", "dist"), mask="mask.png")} == {"mask.png"}


def test_masks_of_a_folder_are_called_as_the_reference_or_the_image_whatever_the_extension():
    touch("ref/a.png", "ref/b.png", "dist/a_x4.png", "dist/b_x4.png", "masks/a.bmp", "masks/b_x4.png")
    found = masks(full("ref", "dist", match=("{stem}_x4",)), mask="masks")
    assert found == [("dist/a_x4.png", "masks/a.bmp"), ("dist/b_x4.png", "masks/b_x4.png")]


def test_subfolders_tell_masks_of_one_name_apart():
    touch("ref/x/a.png", "ref/y/a.png", "dist/x/a.png", "dist/y/a.png", "masks/x/a.png", "masks/y/a.png")
    found = masks(full("ref", "dist", recursive=True), mask="masks")
    assert found == [("dist/x/a.png", "masks/x/a.png"), ("dist/y/a.png", "masks/y/a.png")]


def test_an_image_without_a_mask_keeps_a_name_that_its_own_row_fails_by():
    touch("ref/a.png", "ref/b.png", "dist/a.png", "dist/b.png", "masks/a.png")
    assert masks(full("ref", "dist"), mask="masks")[1] == ("dist/b.png", "masks/b.*")


def test_masks_that_belong_to_no_image_or_are_not_there_are_told():
    touch("ref/a.png", "dist/a.png", "masks/z.png", "twice/a.png", "twice/a.bmp")
    plan = full("ref", "dist")
    assert "no mask is called like any of the images, such as a.png" in complaint(masks, plan, mask="masks")
    assert "a.bmp and a.png have one name" in complaint(masks, plan, mask="twice")
    assert "no such file or folder: gone" in complaint(Areas, mask="gone")
    assert "give x,y,w,h" in complaint(Areas, box="1,2,3")


def test_a_manifest_has_masks_and_boxes_of_its_own_relative_to_its_folder():
    write("set/list.csv", 'reference,distorted,mask,box,mos\nr.png,d.png,m/d.png,"1,2,30,40",3\nr.png,e.png,,,4\n')
    first, second = manifest("set/list.csv").jobs
    assert (first.mask, first.box) == ("set/m/d.png", (1, 2, 30, 40))
    assert first.extra == {"mask": "set/m/d.png", "box": "1,2,30,40", "mos": "3"}
    assert (second.mask, second.box) == (None, None)
    (streamed,) = piped('{"image": "d.png", "box": [1, 2, 30, 40]}\n').jobs
    assert streamed.box == (1, 2, 30, 40)


def test_a_box_that_is_none_is_a_bad_line():
    write("list.csv", "image,box\na.png,12\n")
    assert "line 2: box '12': give x,y,w,h" in complaint(manifest, "list.csv")


def test_masks_of_a_manifest_and_of_the_command_line_do_not_mix():
    touch("m.png")
    jobs = [Job("a.png", "r.png", {"mask": "own.png"}, "own.png")]
    assert "the manifest has a column mask" in complaint(with_areas, jobs, Areas(mask="m.png"), PSNR)


def test_a_model_that_takes_no_mask_is_refused_before_anything_is_scored():
    jobs = [Job("a.png", extra={"mask": "own.png"}, mask="own.png")]
    assert "triq takes no mask" in complaint(with_areas, jobs, Areas(), [find_model("triq"), *PSNR])


def run(*words):
    with pytest.raises(SystemExit) as leaving:
        main([str(word) for word in words])
    return leaving.value.code


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    for name in "ab":
        pixels = rng.integers(0, 200, (40, 50, 3), dtype=np.uint8)
        half = np.zeros((40, 50), np.uint8)
        half[8:32, 10:40] = 255
        for folder, content in (("ref", pixels), ("dist", pixels + 9), ("masks", half)):
            Path(folder).mkdir(exist_ok=True)
            Image.fromarray(content).save(f"{folder}/{name}.png")


def rows(path):
    return list(csv.DictReader(Path(path).open(newline="")))


def test_a_rectangle_scores_the_same_as_mask_as_box_and_in_every_command(pictures):
    Path("list.csv").write_text(
        "reference,distorted,mask,mos\n"
        + "".join(f"ref/{n}.png,dist/{n}.png,masks/{n}.png,{i}\n" for i, n in enumerate("ab"))
    )
    models = ("-m", "psnr", "-m", "ssim", "-q")
    assert run("score", "ref", "dist", "--mask", "masks", "-o", "mask.csv", *models) == 0
    assert run("score", "ref", "dist", "--box", "10,8,30,24", "-o", "box.csv", *models) == 0
    assert run("compare", "--ref", "ref", "dist", "--mask", "masks", "-o", "compare.csv", *models) == 0
    run("eval", "--manifest", "list.csv", "--keep", "eval.csv", "-f", "json", "--resamples", 0, *models)
    wanted = [(row["psnr"], row["ssim"]) for row in rows("box.csv")]
    assert rows("box.csv")[0]["box"] == "10,8,30,24" and rows("mask.csv")[1]["mask"] == "masks/b.png"
    for file in ("mask.csv", "compare.csv", "eval.csv"):
        assert [(row["psnr"], row["ssim"]) for row in rows(file)] == wanted, file


def test_a_table_tells_the_shares_of_all_masks_in_one_line(pictures, capsys):
    Image.fromarray(np.full((40, 50), 255, np.uint8)).save("masks/b.png")
    assert run("score", "ref", "dist", "--mask", "masks", "-m", "psnr", "-o", "rows.csv") == 0
    assert [row["notes"] for row in rows("rows.csv")] == [f"mask: {n} % of the image counts" for n in ("36.0", "100.0")]
    assert run("score", "ref", "dist", "--mask", "masks", "-m", "psnr", "-f", "table", "-q") == 0
    assert "2 × mask: 36 % to 100 % of the image counts" in capsys.readouterr().out


def test_a_missing_mask_costs_its_own_row_and_is_scored_when_the_run_goes_on(pictures):
    Path("masks/b.png").rename("b.png")
    words = ("score", "ref", "dist", "--mask", "masks", "-m", "psnr", "-q", "-o", "rows.csv")
    assert run(*words) == 1
    assert "masks/b.*: cannot be read" in rows("rows.csv")[1]["error"]
    Path("b.png").rename("masks/b.png")
    assert run(*words, "--resume") == 0
    assert [row["status"] for row in rows("rows.csv")] == ["ok", "ok"]

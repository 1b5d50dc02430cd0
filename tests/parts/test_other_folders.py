"""A part has the rows of one folder, and none of them passes for that of a file that is called alike in another."""

import json
import shutil
from pathlib import Path

import pytest
from command_line import noise, save
from parted import NAMES, contents

REFUSED = "has a row of dist/a.png, now other/a.png: give the same paths, name another folder, or score all anew by"


@pytest.fixture(autouse=True)
def other(pictures):
    """other/ has files of the names in dist/, with other pixels, and older than any run."""
    for number, stem in enumerate(NAMES):
        save(f"other/{stem}.png", noise(number + 200, 24, 24))


def names_in(folder):
    return {json.loads(line)["distorted"] for rows in contents(folder, "part-*").values() for line in rows.splitlines()}


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("more", [(), ("--fail-below", "1"), ("--resume",), ("-f", "parquet")])
def test_another_folder_with_the_same_names_is_refused_and_its_part_stays(score, iqa, more, told):
    format = more if more[:1] == ("-f",) else ()
    score("parts/", *format)
    for file in Path("parts/_runs").iterdir() if not told else ():
        file.unlink()
    before = contents("parts")
    refused = iqa("score", "ref", "other", "-m", "psnr", "-o", "parts/", *more)
    assert refused.code == 2 and REFUSED in refused.err and "interrupted" not in refused.err
    assert contents("parts") == before
    assert "nothing to do" in score("parts/").err


def test_overwritten_a_part_has_the_rows_of_the_other_folder(score, iqa):
    score("parts/")
    assert iqa("score", "ref", "other", "-m", "psnr", "-o", "parts/", "--overwrite").code == 0
    assert names_in("parts") == {f"other/{stem}.png" for stem in NAMES}
    assert "nothing to do" in iqa("score", "ref", "other", "-m", "psnr", "-o", "parts/").err


def test_references_of_another_folder_are_other_files_too(score, iqa):
    score("parts/")
    refused = iqa("score", "other", "dist", "-m", "psnr", "-o", "parts/")
    assert refused.code == 2 and "has a row of ref/a.png, now other/a.png" in refused.err


def test_manifests_of_the_same_names_in_two_folders_are_two_inputs(iqa):
    for folder in ("dist", "other"):
        Path(folder, "list.csv").write_text(f"reference,distorted\n{Path.cwd()}/ref/a.png,a.png\n")
    command = ("score", "-m", "psnr", "-o", "parts/", "--manifest")
    assert iqa(*command, "dist/list.csv").code == 0
    assert REFUSED in iqa(*command, "other/list.csv").err


def test_shards_of_one_folder_under_two_paths_are_one_run_and_each_keeps_its_path(score, iqa):
    Path("mounted").symlink_to("dist")
    elsewhere = ("score", "ref", "mounted", "-m", "psnr", "-o", "parts/", "--shard")
    score("parts/", "--shard", "0/2")
    assert iqa(*elsewhere, "1/2").code in (0, 1) and Path("parts/_SUCCESS").exists()
    assert {name.partition("/")[0] for name in names_in("parts")} == {"dist", "mounted"}
    assert "nothing to do" in score("parts/", "--shard", "0/2").err and "nothing to do" in iqa(*elsewhere, "1/2").err
    refused = iqa(*elsewhere, "0/2")
    assert refused.code == 2 and "give the same paths" in refused.err


def test_a_part_that_lies_elsewhere_now_is_done_where_the_paths_are_the_same(score, pictures, monkeypatch):
    score("parts/")
    for folder in ("ref", "dist", "parts"):
        shutil.copytree(folder, pictures / "moved" / folder)
    monkeypatch.chdir(pictures / "moved")
    assert "nothing to do" in score("parts/").err

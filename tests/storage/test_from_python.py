"""Tars and URLs from Python and on the command line, from the name to the row."""

import csv
import io
from pathlib import Path

import pytest
from fsspec import filesystem
from tar_files import member, picture, pictures_tar, tar_of

import iqa_cli
from iqa_cli.__main__ import main


@pytest.mark.filterwarnings("ignore:skipped")
def test_python_takes_tars_and_urls(tmp_path):
    refs, dists = pictures_tar(tmp_path / "refs.tar", "b.png", "a.png"), pictures_tar(tmp_path / "dists.tar", "a.png")
    frame = iqa_cli.score(str(refs), str(dists), models="psnr", allow_missing=True)
    assert list(frame["distorted"]) == [f"{dists}/a.png"]
    filesystem("memory").pipe("/python/a.png", picture(0))
    psnr = iqa_cli.load("psnr")
    assert psnr.score(f"{refs}/a.png", "memory://python/a.png") == frame["psnr"][0]
    same = psnr.score([f"{dists}/a.png", f"{dists}/none.png"], ["memory://python/a.png"] * 2)
    assert same[0] == float("inf") and "none.png: cannot be read: no such member" in same[1].error


def test_the_command_goes_from_objects_to_rows(s3, capsys):
    bucket = s3.bucket("rows")
    for name in ("gt/a.png", "out/a.png"):
        s3.put(f"{bucket}/{name}", picture(0))
    tar = tar_of(member("a.png", picture(1)), member("a.json", b'{"note": "x"}'), member("b.png", b"no picture"))
    s3.put(f"{bucket}/1.tar", tar)
    s3.put(f"{bucket}/list.csv", b"reference,distorted\ngt/a.png,out/a.png\ngt/a.png,1.tar/a.png\ngt/a.png,none.png\n")

    def rows(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["score", *arguments, "-m", "psnr", "-f", "csv", "-q"])
        return left.value.code, list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    code, (same,) = rows(f"{bucket}/gt/", f"{bucket}/out/")
    assert code == 0 and (same["reference"], same["distorted"]) == (f"{bucket}/gt/a.png", f"{bucket}/out/a.png")
    code, found = rows(f"{bucket}/gt/a.png", f"{bucket}/*.tar")
    assert code == 1
    assert [(row["distorted"], row["note"], row["status"]) for row in found] == [
        (f"{bucket}/1.tar/a.png", "x", "ok"),
        (f"{bucket}/1.tar/b.png", "", "error"),
    ]
    code, found = rows("--manifest", f"{bucket}/list.csv")
    names = ["out/a.png", "1.tar/a.png", "none.png"]
    assert [row["distorted"] for row in found] == [f"{bucket}/{name}" for name in names]
    assert found[2]["error"] == f"{bucket}/none.png: cannot be read: no such file or folder; check the spelling"


def test_labels_at_a_url_are_evaluated_on_images_beside_them(s3, capsys):
    bucket, lines = s3.bucket("labels"), ["reference,distorted,mos"]
    for number in range(4):
        s3.put(f"{bucket}/in/{number}.png", picture(number))
        lines.append(f"{number}.png,1.tar/{number}.jpg,{number}")
    s3.put(f"{bucket}/in/1.tar", tar_of(*(member(f"{number}.jpg", picture(number, "JPEG")) for number in range(4))))
    s3.put(f"{bucket}/in/labels.csv", "\n".join(lines).encode())
    with pytest.raises(SystemExit) as left:
        main(["eval", "--manifest", f"{bucket}/in/labels.csv", "-m", "psnr", "-f", "csv", "-q"])
    assert not left.value.code
    assert next(csv.DictReader(io.StringIO(capsys.readouterr().out)))["n"] == "4"


def test_a_path_of_a_url_is_that_url(tmp_path):
    filesystem("memory").pipe("/python/b.png", picture(0))
    assert iqa_cli.load("psnr").score(Path("memory://python/b.png"), "memory://python/b.png") == float("inf")

"""`iqa rank`: photographs by score, groups of those that show the same, the names to keep."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import noise, save, strict_json, truncate
from PIL import Image, ImageFilter

from iqa_cli.engine import session
from iqa_cli.parts.scored_rows import read_scored_rows
from iqa_cli.ranking import ranking_grids
from iqa_cli.ranking.glances import Glances

COMMAND = ("rank", "photos", "-q")
SEEN = ["image", "rank", "quality", "percentile", "group", "best", "taken", "width", "height", "triq-lite"]


OPENED = {}


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch):
    """The models of all tests are loaded by the first."""
    load = session.open_session

    def open_session(specs, how, explain=False):
        key = explain, *(spec.name for spec in specs)
        return OPENED[key] if key in OPENED else OPENED.setdefault(key, load(specs, how, explain))

    monkeypatch.setattr(session, "open_session", open_session)


@pytest.fixture(autouse=True)
def photos(folder, photo):
    """Two photographs, the first also blurred and darker; and a file that is damaged."""
    sharp = Image.fromarray(photo(128, 160))
    Path("photos").mkdir()
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:05:01 10:20:30"
    sharp.save("photos/sharp.jpg", quality=97, exif=exif)
    sharp.filter(ImageFilter.GaussianBlur(3)).save("photos/blurred.jpg", quality=97)
    sharp.point(lambda value: value * 0.7).save("photos/dark.png")
    save("photos/other.png", photo(128, 128, 1))
    save("photos/damaged.jpg", noise(1))
    truncate("photos/damaged.jpg")
    return folder


def names(rows):
    return [Path(row["image"]).name for row in rows]


def test_flaws_are_told_on_request_in_rows_and_in_the_table(iqa):
    told = {Path(row["image"]).name: row["triq-lite.flaws"] for row in iqa(*COMMAND, "--explain").rows}
    assert told["blurred.jpg"].startswith("blur ") and told["damaged.jpg"] == ""
    table = iqa(*COMMAND, "--explain", "-f", "table").out
    assert "triq-lite.flaws" in table and told["blurred.jpg"] in table
    assert "triq-lite.flaws" not in iqa(*COMMAND).out


def test_photographs_come_best_first_with_words_place_group_and_size(iqa):
    done = iqa(*COMMAND)
    rows = {Path(row["image"]).name: row for row in done.rows}
    scores = [float(row["triq-lite"]) for row in done.rows if row["triq-lite"]]
    assert done.code == 1 and "damaged.jpg" in done.err
    assert list(done.rows[0])[: len(SEEN)] == SEEN
    assert scores == sorted(scores, reverse=True) and len(scores) == 4
    assert names(done.rows)[-1] == "damaged.jpg" and rows["damaged.jpg"]["rank"] == ""
    assert [row["rank"] for row in done.rows[:4]] == ["1", "2", "3", "4"]
    same = [rows[name]["group"] for name in ("sharp.jpg", "blurred.jpg", "dark.png")]
    assert same == ["1", "1", "1"] and rows["other.png"]["group"] == ""
    assert [row["best"] for row in done.rows].count("yes") == 2 and rows["blurred.jpg"]["best"] == "no"
    assert (rows["sharp.jpg"]["width"], rows["sharp.jpg"]["height"]) == ("160", "128")
    assert rows["sharp.jpg"]["taken"] == "2026-05-01T10:20:30" and rows["other.png"]["taken"] == ""
    assert rows["blurred.jpg"]["quality"] in ("bad", "poor") and float(rows["blurred.jpg"]["percentile"]) < 50


def test_the_names_to_keep_are_the_best_of_each_group_and_what_stands_alone(iqa):
    ranked = [row["image"] for row in iqa(*COMMAND).rows if row["best"] == "yes"]
    assert len(ranked) == 2 and "photos/other.png" in ranked
    done = iqa(*COMMAND, "--keep-best", "-o", "r.csv")
    assert (done.code, done.out) == (1, "".join(f"{name}\n" for name in ranked))
    assert iqa(*COMMAND, "--keep-best", "-0", "--top", 1, "-o", "r.csv", "--resume").out == f"{ranked[0]}\0"


def test_top_and_worst_list_some_while_files_have_all(iqa):
    ranked = names(iqa(*COMMAND).rows)[:4]
    assert names(iqa(*COMMAND, "--top", 2, "-o", "all.csv", "-o", "-", "-o", "all.md").rows) == ranked[:2]
    assert names(iqa(*COMMAND, "--worst", 2).rows) == ranked[:1:-1]
    assert len(Path("all.csv").read_text().splitlines()) == 1 + 5
    assert sum(line.startswith(("| 1", "| 2", "| 3")) for line in Path("all.md").read_text().splitlines()) == 2


def test_what_top_and_worst_list_is_shown_though_rows_go_to_a_file(iqa):
    ranked = names(iqa(*COMMAND, "-o", "-", "-o", "all.csv").rows)[:4]
    assert names(iqa(*COMMAND, "-o", "all.csv", "--resume", "--worst", 3).rows) == ranked[:0:-1]
    assert names(iqa(*COMMAND, "-o", "all.csv", "--resume", "--top", 1).rows) == ranked[:1]
    assert iqa(*COMMAND, "-o", "all.csv", "--resume").out == ""
    assert len(Path("all.csv").read_text().splitlines()) == 1 + 5


def test_format_is_that_of_standard_output_where_suffixes_tell_those_of_files(iqa):
    iqa(*COMMAND, "-o", "all.csv", "-o", "all.md")
    done = iqa(*COMMAND, "-o", "all.csv", "--resume", "-f", "table", "--worst", 2)
    assert "2 of " in done.out and "Keep 2 of 4 photographs" in done.out
    assert Path("all.csv").read_text().startswith("image,rank,")
    assert iqa(*COMMAND, "-o", "rows", "-f", "csv").out == "" and Path("rows").read_text().startswith("image,rank,")


def test_a_frame_among_the_names_to_keep_is_told_of(iqa, photo):
    pages = [Image.fromarray(photo(128, 160, seed)) for seed in (2, 3)]
    pages[0].save("burst.tif", save_all=True, append_images=pages[1:])
    done = iqa("rank", "burst.tif", "--frame", "all", "--keep-best")
    assert "burst.tif#" in done.out and "no shell can copy or move a frame" in done.err


def test_every_format_says_the_same(iqa):
    parquet = pytest.importorskip("pyarrow.parquet")
    iqa(*COMMAND, *(word for suffix in ("csv", "json", "jsonl", "parquet", "txt") for word in ("-o", f"r.{suffix}")))
    expected = names(iqa(*COMMAND).rows)
    document = strict_json(Path("r.json").read_text())
    lines = [strict_json(line) for line in Path("r.jsonl").read_text().splitlines()]
    for rows in (document["rows"], lines, parquet.read_table("r.parquet").to_pylist()):
        assert names(rows) == expected
        assert [row["rank"] for row in rows] == [1, 2, 3, 4, None]
        assert {row["group"] for row in rows} == {1, None}
    assert document["ranking"]["grouping"] == "similar" and len(document["ranking"]["groups"]["1"]) == 3
    assert len(document["ranking"]["keepers"]) == 2
    assert document["rows"][0]["details"]["triq-lite"]["percentile_of"]
    assert "Keep 2 of 4 photographs: the best of 1 group of 3 that show the same" in Path("r.txt").read_text()


def test_a_run_goes_on_from_its_rows_and_groups_old_and_new_together(iqa, opened):
    whole = iqa(*COMMAND).rows
    Path("photos/sharp.jpg").rename("later.jpg")
    iqa(*COMMAND, "-o", "r.csv", "-o", "r.json")
    Path("later.jpg").rename("photos/sharp.jpg")
    done = iqa(*COMMAND, "-o", "r.csv", "-o", "r.json", "--resume")
    rows = [line.split(",") for line in Path("r.csv").read_text().splitlines()[1:]]
    assert done.code == 1
    assert [row[:6] for row in rows] == [list(row.values())[:6] for row in whole]
    assert names(strict_json(Path("r.json").read_text())["rows"]) == names(whole)


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_rows_of_photographs_that_are_gone_stay_in_the_file_without_a_rank_and_with_all_else(iqa, suffix):
    def row():
        told = read_scored_rows(f"r.{suffix}").rows
        assert len(told) == 5
        return next(row for row in told if row["image"] == "photos/sharp.jpg")

    iqa(*COMMAND, "-o", f"r.{suffix}")
    before = row()
    assert all(before[name] for name in SEEN)
    Path("photos/sharp.jpg").unlink()
    iqa(*COMMAND, "-o", f"r.{suffix}", "--resume")
    assert row() == before | {"rank": "", "group": "", "best": ""}
    assert "sharp.jpg" not in iqa(*COMMAND, "--keep-best").out


@pytest.mark.parametrize(("grouping", "groups"), [("folder", {"1"}), ("none", set())])
def test_a_folder_can_be_a_group_or_nothing(iqa, grouping, groups):
    rows = iqa(*COMMAND, "--group", grouping).rows[:4]
    assert {row["group"] for row in rows} - {""} == groups
    assert [row["best"] for row in rows].count("yes") == (1 if groups else 4)


def test_the_page_is_written_beside_the_rows(iqa):
    iqa(*COMMAND, "--html", "sheet.html", "-o", "r.csv")
    page = Path("sheet.html").read_text()
    assert "sharp.jpg" in page and "other.png" in page


def test_the_page_is_there_though_nobody_reads_the_table(iqa, monkeypatch):
    def closed(*told):
        raise BrokenPipeError

    monkeypatch.setattr(ranking_grids, "ranking_grid", closed)
    iqa(*COMMAND, "--html", "sheet.html", "-f", "table")
    assert "sharp.jpg" in Path("sheet.html").read_text()


def test_a_photograph_given_twice_is_ranked_once(iqa):
    done = iqa("rank", "photos/sharp.jpg", "photos", Path("photos/other.png").resolve())
    assert names(done.rows).count("sharp.jpg") == names(done.rows).count("other.png") == 1
    assert "ranked once" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-m", "psnr"), "compares with a reference"),
        (("--group", "scene"), "similar, folder or none"),
        (("--top", 1, "--worst", 1), "give one of them"),
        (("--null",), "--keep-best"),
        (("--keep-best", "-f", "csv"), "name a FILE"),
        (("--keep-best", "-f", "json", "-o", "r.csv"), "without -f"),
        (("--crops", 3), "No such option"),
        (("--luma", "bt601"), "No such option"),
        (("--html", "-"), "a page needs a name"),
        (("--html", "photos/sharp.jpg"), "which is read"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_scored(iqa, opened, arguments, told):
    done = iqa("rank", "photos", *arguments)
    assert (done.code, done.out, opened) == (2, "", []) and told in done.err


def test_hashes_that_cannot_be_imported_are_told_of_in_one_line_before_anything_is_scored(iqa, opened, monkeypatch):
    monkeypatch.setitem(sys.modules, "imagehash", None)
    done = iqa(*COMMAND)
    assert (done.code, done.out, opened) == (1, "", []) and "Traceback" not in done.err
    assert done.err.startswith("error: --group similar needs imagehash") and done.err.count("\n") == 1
    assert len(iqa(*COMMAND, "--group", "none").rows) == 5


def test_photographs_that_are_looked_at_again_take_their_time(iqa, monkeypatch):
    iqa(*COMMAND, "-o", "r.csv")
    see = Glances.see
    monkeypatch.setattr(Glances, "see", lambda *told: (time.sleep(0.05), see(*told)))
    assert iqa(*COMMAND, "-o", "r.csv", "--resume").code == 1
    assert strict_json(Path("r.csv.run.json").read_text())["summary"]["seconds"] >= 0.2


def test_without_a_photograph_it_says_what_it_takes(iqa):
    done = iqa("rank")
    assert done.code == 2 and "nothing to rank: give photographs" in done.err and "manifest" not in done.err


def test_pictures_that_a_photograph_carries_inside_are_not_judged(iqa, photo):
    sharp = Image.fromarray(photo(128, 160))
    sharp.save("photos/plain.jpg", quality=97)
    sharp.save(
        "photos/two.mpo", save_all=True, append_images=[Image.fromarray(np.zeros((8, 8, 3), np.uint8))], quality=97
    )
    rows = {Path(row["image"]).name: row for row in iqa(*COMMAND).rows}
    assert rows["two.mpo"]["width"] == "160"
    assert rows["two.mpo"]["triq-lite"] == rows["plain.jpg"]["triq-lite"] == rows["sharp.jpg"]["triq-lite"]
    assert rows["two.mpo"]["rank"] == rows["plain.jpg"]["rank"] == rows["sharp.jpg"]["rank"]

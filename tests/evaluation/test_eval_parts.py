"""`iqa eval --scores` and `iqa score --baseline` of a folder of parts."""

import json
from pathlib import Path

import fsspec
import pytest
from reports import FAST

PARTS = ("score", "--manifest", "set/ratings.csv", "-m", "psnr", "--quiet", "-o")


def test_a_folder_of_parts_is_evaluated_as_its_rows_are(iqa, ratings):
    iqa(*PARTS, "rows.csv")
    for shard in ("0/2", "1/2"):
        assert iqa(*PARTS, "parts/", "--shard", shard).code == 0
    by_rows = iqa("eval", "--scores", "rows.csv", *FAST)
    by_parts = iqa("eval", "--scores", "parts/", *FAST)
    assert by_parts.code == 0 and by_parts.overall("psnr") == pytest.approx(by_rows.overall("psnr"))
    assert iqa("eval", "--scores", "parts", "--manifest", ratings, *FAST).overall("psnr") == by_rows.overall("psnr")


@pytest.mark.parametrize("rows", ["rows.csv", "parts/"])
def test_the_report_tells_how_scores_that_were_there_were_made_where_that_is_known(iqa, ratings, rows):
    iqa(*PARTS, rows)
    told = iqa("eval", "--scores", rows, "--manifest", ratings, *FAST).report["meta"]["scores"]
    made = iqa("eval", "--manifest", ratings, "-m", "psnr", *FAST).report["meta"]["scores"]
    assert told["files"] == rows and told["models"] == made["models"]
    assert told["size_mismatch"] == made["size_mismatch"]
    Path("rows.csv.run.json").unlink(missing_ok=True)
    if rows == "rows.csv":
        done = iqa("eval", "--scores", rows, *FAST)
        assert done.report["meta"]["scores"] == {"files": rows} and "warning" not in done.err


def test_parts_that_are_not_whole_are_refused_with_what_makes_them_so(iqa, ratings):
    iqa(*PARTS, "parts/", "--shard", "0/2")
    done = iqa("eval", "--scores", "parts/", *FAST)
    assert done.code == 2 and done.err.count("\n") == 1
    assert "parts/: is not whole, it has 1 of 2 parts and no _SUCCESS; missing: " in done.err
    Path("empty").mkdir()
    assert "empty/: no folder of parts" in iqa("eval", "--scores", "empty/", *FAST).err


def test_parts_at_a_url_are_evaluated_too(iqa, ratings):
    memory = fsspec.filesystem("memory")
    try:
        assert iqa(*PARTS, "memory://scores/parts/").code == 0
        by_rows = iqa("eval", "--manifest", ratings, "-m", "psnr", *FAST)
        by_parts = iqa("eval", "--scores", "memory://scores/parts/", *FAST)
        assert by_parts.code == 0 and by_parts.overall("psnr") == by_rows.overall("psnr")
        same = iqa(*PARTS, "now.csv", "--baseline", "memory://scores/parts/")
        assert same.code == 0, same.err
    finally:
        memory.rm("/scores", recursive=True)


def test_files_whose_scores_were_made_otherwise_do_not_go_together(iqa, ratings):
    iqa(*PARTS, "one.csv")
    iqa(*PARTS, "other.csv", "--crop-border", 4)
    done = iqa("eval", "--scores", "one.csv", "--scores", "other.csv", "--manifest", ratings, "--skip-bad", *FAST)
    assert done.code == 2 and done.err.count("\n") == 1
    assert "one.csv and other.csv were scored otherwise" in done.err and "crop border 0 and 4" in done.err


def test_a_baseline_of_parts_finds_what_got_worse(iqa, ratings):
    iqa(*PARTS, "parts/")
    part = next(Path("parts").glob("part-*.jsonl"))
    rows = [json.loads(line) for line in part.read_text().splitlines()]
    rows[0]["psnr"] += 5
    part.write_text("".join(json.dumps(row) + "\n" for row in rows))
    worse = iqa(*PARTS, "now.csv", "--baseline", "parts/")
    assert worse.code == 3 and Path(rows[0]["distorted"]).name in worse.err


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json", ".parquet"])
def test_an_infinite_score_is_infinite_in_rows_of_every_format(iqa, ratings, suffix):
    text = Path("set/ratings.csv").read_text()
    Path("set/ratings.csv").write_text(text.replace("d01.png", "r0.png", 1))
    iqa(*PARTS, f"rows{suffix}")
    told = iqa("eval", "--scores", f"rows{suffix}", *FAST).report["datasets"][0]["notes"]
    assert any("infinite" in note for note in told)

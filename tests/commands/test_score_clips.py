"""`iqa score` on clips: a row a frame, and what the frames come to."""

import json
from functools import partial
from pathlib import Path
from statistics import harmonic_mean

import numpy as np
import pandas as pd
import pytest
from clip_files import save_clip

from iqa_cli.engine import decode_ahead
from iqa_cli.executing.cores import decode_threads

pytest.importorskip("av")


@pytest.fixture(autouse=True)
def clips(folder):
    save_clip("ref.mp4", 12)
    # The first frames are closer to the reference's than the last.
    save_clip("dist.mp4", 12, planes=lambda number: (41 + 7 * number, 128, 128))


def grey(number, step, first):
    return round(255 * (first + step * number - 16) / 219) / 255


def test_each_frame_is_a_row_with_its_time_and_the_score_of_those_pixels(iqa):
    done = iqa("score", "ref.mp4", "dist.mp4", "-m", "psnr", "--frames", "1/4")
    rows = done.rows
    assert (done.code, [row["distorted"] for row in rows]) == (0, ["dist.mp4#0", "dist.mp4#4", "dist.mp4#8"])
    assert [row["time"] for row in rows] == ["0.000", "0.160", "0.320"]
    for row, number in zip(rows, (0, 4, 8), strict=True):
        expected = -20 * np.log10(abs(grey(number, 6, 40) - grey(number, 7, 41)))
        assert float(row["psnr"]) == pytest.approx(expected, abs=1e-3)


def test_json_has_the_frames_pooled_by_several_ways(iqa):
    done = iqa("score", "ref.mp4", "dist.mp4", "-m", "psnr", "--frames", "all", "-f", "json")
    document = json.loads(done.out)
    scores = [row["psnr"] for row in document["rows"]]
    (mean,) = document["means"]
    pooled = mean["pooled"]["psnr"]
    assert len(scores) == 12
    assert pooled["mean"] == pytest.approx(np.mean(scores))
    assert pooled["harmonic_mean"] == pytest.approx(harmonic_mean(scores))
    for share in (0, 5, 25, 50, 75, 95, 100):
        assert pooled[f"p{share}"] == pytest.approx(np.percentile(scores, share))


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_times_are_numbers_where_a_format_has_them_and_a_run_goes_on_from_them(iqa, suffix):
    command = ("score", "ref.mp4", "dist.mp4", "-m", "psnr", "--frames", "1/4", "-o", f"rows.{suffix}")
    assert iqa(*command).code == 0
    read = pd.read_parquet if suffix == "parquet" else partial(pd.read_json, lines=True)
    assert read(f"rows.{suffix}")["time"].tolist() == [0.0, 0.16, 0.32]
    assert iqa(*command, "-o", "table.txt", "--resume").code == 0
    assert " 0.000 " in Path("table.txt").read_text()


def test_a_table_tells_mean_harmonic_mean_and_percentiles_of_each_clip(iqa):
    save_clip("other.mp4", 12, planes=lambda number: (60 + 6 * number, 128, 128))
    done = iqa("score", "ref.mp4", "dist.mp4", "other.mp4", "-m", "psnr", "--frames", "2", "-f", "table")
    assert "psnr of dist.mp4 over 2 frames: mean" in done.out
    assert "mean of other.mp4" in done.out
    assert "harmonic mean" in done.out and "5th percentile" in done.out


def test_an_equal_frame_counts_as_the_best_in_percentiles_and_harmonic_mean_and_is_left_out_of_the_mean(iqa):
    save_clip("some.mp4", 12, planes=lambda number: (40 + 6 * number + (number > 2), 128, 128))
    command = ("score", "ref.mp4", "some.mp4", "-m", "psnr", "--frames", "4", "-f")
    document = json.loads(iqa(*command, "json").out)
    scores = [np.inf if row["psnr"] is None else row["psnr"] for row in document["rows"]]
    pooled = document["means"][0]["pooled"]["psnr"]
    assert scores.count(np.inf) == 1
    assert pooled["harmonic_mean"] == pytest.approx(4 / sum(1 / score for score in scores))
    assert pooled["p50"] == pytest.approx(np.median(scores)) and pooled["p100"] is None
    told = iqa(*command, "table").out
    assert "over 4 frames: " in told and "95th inf" in told and "1 infinite left out" in told


def test_pooled_scores_are_said_to_be_of_the_frames_that_have_one(iqa):
    save_clip("short.mp4", 5)
    done = iqa("score", "ref.mp4", "ref.mp4", "-m", "psnr", "--frames", "2", "-f", "table")
    assert "over 2 frames: harmonic mean inf, 5th percentile inf" in done.out


def test_a_clip_compared_with_itself_is_alike_in_every_frame(iqa):
    done = iqa("score", "ref.mp4", "ref.mp4", "-m", "psnr", "--frames", "all")
    assert (done.code, {row["psnr"] for row in done.rows}) == (0, {"inf"})


def test_a_clip_alone_needs_no_model_named(iqa):
    done = iqa("score", "dist.mp4", "--frames", "1")
    assert done.code == 0
    assert [row["image"] for row in done.rows] == ["dist.mp4#6"]
    assert 1 <= float(done.rows[0]["triq-lite"]) <= 5


def test_clips_that_differ_in_size_or_length_cost_rows_with_one_line_each(iqa):
    save_clip("small.mp4", 12, (48, 48))
    save_clip("short.mp4", 5)
    done = iqa("score", "ref.mp4", "small.mp4", "short.mp4", "dist.mp4", "-m", "psnr", "--frames", "1")
    assert done.code == 1
    small, short, good = done.rows
    assert "small.mp4#6 is 48x48 but its reference ref.mp4#6 is 64x48" in small["error"]
    assert short["distorted"] == "short.mp4" and short["status"] == "error"
    assert "short.mp4: 5 frames, but its reference ref.mp4 has 12" in done.err
    assert good["status"] == "ok"


def test_frames_are_decoded_lazily_and_few_at_a_time(iqa, monkeypatch):
    alive, most = set(), []
    grab = decode_ahead.Clips.grab

    def watched(self, path):
        found = grab(self, path)
        alive.add(path)
        most.append(len(alive))
        return found

    decode = decode_ahead._decode

    def finished(job, *rest):
        alive.difference_update({job.image, job.reference})
        return decode(job, *rest)

    monkeypatch.setattr(decode_ahead.Clips, "grab", watched)
    monkeypatch.setattr(decode_ahead, "_decode", finished)
    save_clip("long.mp4", 60, planes=lambda number: (40 + number, 128, 128))
    assert iqa("score", "long.mp4", "-m", "triq-lite", "--frames", "all", "-q").code == 0
    assert len(most) == 60
    assert max(most) <= decode_ahead.AHEAD + decode_threads(None) + 2


def test_a_run_over_frames_is_gone_on_with(iqa):
    command = ("score", "ref.mp4", "dist.mp4", "-m", "psnr", "--frames", "4", "-o", "rows.csv")
    assert iqa(*command).code == 0
    whole = Path("rows.csv").read_text()
    Path("rows.csv").write_text("\n".join(whole.splitlines()[:3]) + "\n")
    assert iqa(*command, "--resume").code == 0
    assert Path("rows.csv").read_text() == whole


def test_no_output_replaces_a_clip(iqa):
    before = Path("dist.mp4").read_bytes()
    done = iqa("score", "ref.mp4", "dist.mp4", "-m", "psnr", "-f", "csv", "-o", "dist.mp4", "--overwrite")
    assert done.code == 2
    assert "would replace" in done.err
    assert Path("dist.mp4").read_bytes() == before


def test_a_rule_that_cannot_be_understood_is_told_in_one_line(iqa):
    done = iqa("score", "dist.mp4", "--frames", "some")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "--frames some: say how many" in done.err


def test_compare_names_all_clips_before_anything_is_written(iqa):
    done = iqa("compare", "ref.mp4", "dist.mp4", "dist/a.jpg", "-m", "psnr")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "ref.mp4, dist.mp4: iqa compare takes images, not clips" in done.err


def test_a_clip_that_cannot_be_read_is_told_once_in_plain_words(iqa):
    Path("bad.mp4").write_bytes(b"no clip" * 100)
    Path("empty.mp4").touch()
    done = iqa("score", "ref.mp4", "bad.mp4", "empty.mp4", "dist.mp4", "-m", "psnr", "--frames", "1")
    assert [row["status"] for row in done.rows] == ["error", "error", "ok"]
    bad, empty = done.err.splitlines()
    assert bad == "error: bad.mp4: cannot be read: damaged, cut short, or no video clip"
    assert empty == "error: empty.mp4: cannot be read: empty file"


def test_a_single_frame_may_be_named_where_a_file_may(iqa):
    done = iqa("score", "ref.mp4#3", "dist.mp4#3", "-m", "psnr")
    assert (done.code, done.rows[0]["distorted"], done.rows[0]["time"]) == (0, "dist.mp4#3", "0.120")
    missing = iqa("score", "gone.mp4#3", "-m", "triq-lite")
    assert missing.code == 2 and "no such file or folder: gone.mp4#3" in missing.err

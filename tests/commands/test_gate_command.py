"""`iqa score` with a threshold, as a process of a pipeline sees it."""

from pathlib import Path

from command_line import PAIR, noise, save, strict_json, truncate

FOLDERS = ("score", "ref", "dist", "-m", "psnr")


def test_a_score_below_the_threshold_ends_with_3_and_says_which(iqa):
    done = iqa(*FOLDERS, "--fail-below", 1000)
    assert done.code == 3
    assert done.err.startswith("error: 3 of 3 below 1000: ") and "a.jpg" in done.err
    assert len(done.rows) == 3


def test_two_thresholds_for_one_model_are_refused_so_that_the_laxer_one_opens_no_gate(iqa):
    for first, second in ((1000, 3), (1000, "psnr=3"), ("psnr=1000", "PSNR=3")):
        done = iqa(*FOLDERS, "--fail-below", first, "--fail-below", second)
        assert done.code == 2 and "psnr is given twice" in done.err and not done.out


def test_quiet_leaves_the_reason_of_a_failure(iqa):
    assert "3 of 3 below 1000" in iqa(*FOLDERS, "--fail-below", 1000, "-q").err


def test_a_table_in_a_pipe_marks_scores_below_without_colours(iqa):
    done = iqa(*FOLDERS, "--fail-below", 1000, "-f", "table")
    marked = [line for line in done.out.splitlines() if "!" in line]
    assert [line.split()[2] for line in marked[:3]] == ["!"] * 3
    assert marked[3:] == ["! psnr below 1000"]
    assert "\x1b" not in done.out + done.err


def test_a_failed_row_ends_with_1_whatever_the_scores_of_others(iqa):
    truncate("dist/b.jpg")
    done = iqa(*FOLDERS, "--fail-below", 1000)
    assert done.code == 1 and "2 of 2 below 1000" in done.err


def test_a_stream_is_held_against_the_threshold_too(iqa, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("reference,distorted\nref/a.png,dist/a.jpg\n"))
    done = iqa("score", "-", "-m", "psnr", "--fail-below", 1000)
    assert done.code == 3 and "1 of 1 below 1000: a.jpg" in done.err


def test_a_baseline_is_compared_by_image_and_in_the_mean(iqa):
    assert iqa(*FOLDERS, "-o", "old.csv").code == 0
    same = iqa(*FOLDERS, "--baseline", "old.csv")
    assert same.code == 0 and same.err.startswith("psnr: mean ") and "since old.csv (3 images)" in same.err
    save("dist/b.jpg", noise(7))
    worse = iqa(*FOLDERS, "--baseline", "old.csv", "--max-drop", 0.1, "-q")
    assert worse.code == 3
    assert worse.err.startswith("error: 1 of 3 worse than in old.csv by more than 0.1: b.jpg ")
    assert "error: mean worse than in old.csv by " in worse.err


def test_a_baseline_is_no_output_and_drops_need_one(iqa):
    assert iqa(*FOLDERS, "-o", "old.csv").code == 0
    assert "would replace" in iqa(*FOLDERS, "--baseline", "old.csv", "-o", "old.csv").err
    assert "--max-drop needs --baseline FILE" in iqa(*FOLDERS, "--max-drop", 1).err
    assert "a drop is a number from 0" in iqa(*FOLDERS, "--baseline", "old.csv", "--max-drop", -1).err


def test_a_baseline_with_other_luma_or_of_other_images_is_refused_before_anything_is_scored(iqa, opened):
    assert iqa(*FOLDERS, "-o", "old.csv").code == 0
    opened.clear()
    assert iqa(*FOLDERS, "--baseline", "old.csv", "--luma", "full").code == 2
    save("else/z.png", noise(1))
    assert iqa("score", "ref/a.png", "else/z.png", "-m", "psnr", "--baseline", "old.csv").code == 2
    assert not opened


def test_reports_are_written_at_the_end_several_in_one_run(iqa):
    done = iqa(*FOLDERS, "--fail-below", 1000, "--report", "r.xml", "--report", "r.json", "--report", "github")
    assert done.code == 3
    assert strict_json(Path("r.json").read_text())["exit_code"] == 3
    assert Path("r.xml").read_text().count("<failure") == 3
    assert done.err.count("::error file=dist/") == 3 and "::error" not in done.out


def test_a_report_that_is_there_is_refused_and_one_of_an_earlier_run_never_passes_for_this(iqa):
    Path("r.json").write_text("{}")
    refused = iqa(*FOLDERS, "--report", "r.json")
    assert refused.code == 2 and "r.json" in refused.err
    assert iqa(*FOLDERS, "--report", "r.json", "--overwrite", "--weights", "none").code == 2
    assert iqa("score", "dist", "-m", "triq", "--weights", "none", "--report", "r.json", "--overwrite").code == 4
    assert not Path("r.json").exists()


def test_a_csv_with_other_crops_is_refused_by_the_facts_beside_it(iqa):
    command = ("score", *PAIR, "-m", "iqt-c", "--crops")
    assert iqa(*command, 1, "-o", "old.csv").code == 0
    refused = iqa(*command, 2, "--baseline", "old.csv")
    assert refused.code == 2 and "iqt-c was scored with crops up to 1 on a grid, this run has up to 2" in refused.err


def test_a_csv_without_the_facts_beside_it_is_compared_with_a_warning(iqa):
    command = ("score", *PAIR, "-m", "iqt-c,psnr")
    assert iqa(*command, "-o", "old.csv").code == 0
    assert "does not tell" not in iqa(*command, "--baseline", "old.csv").err
    Path("old.csv.run.json").unlink()
    done = iqa(*command, "--baseline", "old.csv")
    assert done.code == 0
    assert done.err.count("warning: --baseline old.csv: does not tell with which crops, weights and options iqt-c") == 1
    assert "give --crops 20" in done.err
    assert "give --crops 20" not in iqa(*command, "--crops", 20, "--baseline", "old.csv").err


def test_a_passed_report_does_not_survive_a_refused_run(iqa):
    report = ("--report", "r.json", "--overwrite")
    assert iqa(*FOLDERS, *report).code == 0
    assert iqa(*FOLDERS, *report, "--baseline", "gone.csv").code == 2
    assert not Path("r.json").exists()

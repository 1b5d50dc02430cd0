"""What `iqa compare` writes: several files in a run, resuming, and what it refuses."""

import json
import math
from pathlib import Path

import pytest
from processed import FOLDERS, METHODS, column

from iqa_cli.engine.session import Session


def test_several_files_are_written_at_once_each_in_its_format(iqa, folders):
    names = ("scores.csv", "scores.jsonl", "all.json", "table.md", "table.tex", "table.txt", "scores.parquet")
    done = iqa(*FOLDERS, "-m", "psnr", "-m", "ssim", *(word for name in names for word in ("-o", name)))
    assert (done.code, done.out) == (0, "")
    assert len(Path("scores.csv").read_text().splitlines()) == 1 + 15
    assert len(Path("scores.jsonl").read_text().splitlines()) == 15
    assert json.loads(Path("all.json").read_text())["comparison"]["methods"] == list(METHODS)
    assert Path("table.md").read_text().startswith("### 5 methods on 3 images")
    assert Path("scores.parquet").stat().st_size


def test_latex_has_arrows_bold_and_underline_and_is_without_single_images(iqa, folders):
    text = iqa(*FOLDERS, "-m", "psnr", "-m", "ssim", "-f", "latex").out
    assert r"\shortstack{psnr\\$\uparrow$}" in text
    means = text.partition(r"\midrule")[2].partition(r"\bottomrule")[0]
    assert means.count(r"\textbf{") == 2 and means.count(r"\underline{") >= 2
    assert "boat" not in text


def test_latex_without_intervals_and_underline_is_asked_for_with_one_option(iqa, folders):
    text = iqa(*FOLDERS, "-m", "psnr", "-m", "ssim", "-f", "latex", "--latex", "none").out
    assert r"\textbf{" in text and r"\underline" not in text and r"\scriptsize" not in text
    assert "In brackets" not in text and "Underlined" not in text


def test_the_answer_stands_last_below_the_tables_and_else_on_stderr(iqa, folders):
    tables = iqa(*FOLDERS, "-m", "psnr", "-m", "ssim", "-f", "table")
    *_, last = tables.out.splitlines()
    assert last.startswith("Best: ") and last not in tables.err
    rows = iqa(*FOLDERS, "-m", "psnr", "-m", "ssim", "-f", "csv")
    assert rows.err.splitlines()[-1] == last and last not in rows.out
    document = iqa(*FOLDERS, "-m", "psnr", "-m", "ssim", "-f", "json").document
    assert document["comparison"]["answer"][-1] == last


def test_resume_scores_only_what_is_missing_and_compares_all(iqa, folders, monkeypatch):
    whole = iqa(*FOLDERS, "-m", "psnr", "-f", "json").document["comparison"]
    iqa(*FOLDERS, "-m", "psnr", "-o", "scores.csv")
    lines = Path("scores.csv").read_text().splitlines(keepends=True)
    Path("scores.csv").write_text("".join(lines[:8]) + lines[8][:20])
    asked = []
    run = Session.run
    monkeypatch.setattr(Session, "run", lambda self, jobs, **how: run(self, asked.extend(jobs) or list(asked), **how))
    done = iqa(*FOLDERS, "-m", "psnr", "-o", "scores.csv", "-o", "all.json", "--resume")
    assert done.code == 0 and len(asked) == 15 - 7
    assert len(Path("scores.csv").read_text().splitlines()) == 16
    again = json.loads(Path("all.json").read_text())["comparison"]
    assert again["summaries"] == whole["summaries"]


def test_resume_with_other_methods_keeps_the_rows_and_compares_those_asked_for(iqa, folders):
    iqa("--ref", "GT", "jpeg", "blur", "-m", "psnr", "-o", "scores.csv")
    done = iqa("--ref", "GT", "blur", "noise", "-m", "psnr", "-o", "scores.csv", "-o", "all.json", "--resume")
    assert done.code == 0
    assert json.loads(Path("all.json").read_text())["comparison"]["methods"] == ["blur", "noise"]
    assert len(Path("scores.csv").read_text().splitlines()) == 1 + 9


def test_resume_refuses_rows_of_a_method_that_has_other_files_now(iqa, folders):
    iqa("--ref", "GT", "jpeg", "blur", "--names", "A,B", "-m", "psnr", "-o", "scores.csv")
    done = iqa("--ref", "GT", "jpeg", "noise", "--names", "A,B", "-m", "psnr", "-o", "scores.csv", "--resume")
    assert done.code == 2 and "has blur/boat.png for B" in done.err
    renamed = iqa("--ref", "GT", "jpeg", "blur", "--names", "C,D", "-m", "psnr", "-o", "scores.csv", "--resume")
    assert renamed.code == 0 and len(Path("scores.csv").read_text().splitlines()) == 1 + 12


def test_resume_reads_the_first_file_that_holds_rows(iqa, folders, monkeypatch):
    iqa(*FOLDERS, "-m", "psnr", "-o", "old.json")
    monkeypatch.setattr(Session, "run", lambda self, jobs, **how: iter([None][: len(list(jobs))]))  # nothing is left
    assert iqa(*FOLDERS, "-m", "psnr", "-o", "new.csv", "-o", "old.json", "--resume").code == 0
    assert len(Path("new.csv").read_text().splitlines()) == 16
    assert len(json.loads(Path("old.json").read_text())["rows"]) == 15


def test_notes_reach_a_reader_of_rows_on_stderr(iqa, folders):
    Path("jpeg/cat.png").write_bytes(Path("GT/cat.png").read_bytes())
    assert "1 image with an infinite score" in iqa("--ref", "GT", "jpeg", "-m", "psnr", "-f", "csv").err


def test_a_table_that_cannot_be_written_costs_no_other(iqa, folders, monkeypatch):
    def full(self, *how, **options):
        if self.name == "a.tex":
            raise OSError(28, "No space left on device", str(self))
        return opened(self, *how, **options)

    opened = Path.open
    monkeypatch.setattr(Path, "open", full)
    done = iqa(*FOLDERS, "-m", "psnr", "-o", "a.tex", "-o", "b.md", "--html", "p.html")
    assert done.code == 1 and "a.tex: cannot be written (No space left on device)" in done.err
    assert Path("b.md").stat().st_size and Path("p.html").stat().st_size


def test_a_json_cut_short_in_its_comparison_can_be_resumed(iqa, folders):
    iqa(*FOLDERS, "-m", "psnr", "-o", "all.json")
    text = Path("all.json").read_text()
    Path("all.json").write_text(text[: text.index('"comparison"') + 200])
    assert iqa(*FOLDERS, "-m", "psnr", "-o", "all.json", "--resume").code == 0
    assert json.loads(Path("all.json").read_text()) == json.loads(text)


def test_json_is_strict_and_says_undefined_as_null(iqa, folders):
    def refuse(word):
        raise AssertionError(word)

    text = iqa("--ref", "GT", "jpeg", "-m", "psnr", "-f", "json").out
    document = json.loads(text, parse_constant=refuse)
    assert column(document, "psnr", "p_holm") == [None]
    assert math.isfinite(column(document, "psnr", "mean")[0])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "nothing to compare"),
        (("GT", "-m", "psnr"), "nothing to compare"),
        (("GT", "nowhere", "-m", "psnr"), "no such file or folder: nowhere"),
        (
            ("GT", "jpeg", "-m", "psnr"),
            "is GT the reference of jpeg, or one of two methods? --ref GT jpeg says the first",
        ),
        (("--ref", "GT", "jpeg", "GT/cat.png", "-m", "psnr"), "GT/cat.png is a file"),
        (("--ref", "GT", "jpeg", "blur", "--names", "one", "-m", "psnr"), "1 name for 2 methods"),
        (("--ref", "GT", "jpeg", "blur", "--names", "one,one", "-m", "psnr"), "two methods called 'one'"),
        (("--ref", "GT", "jpeg", "jpeg", "-m", "psnr"), "jpeg: given twice"),
        (("--ref", "GT", "jpeg", "./jpeg/", "--names", "a,b", "-m", "psnr"), "jpeg: given twice"),
        (("--ref", "", "jpeg", "blur", "-m", "psnr"), "one of the paths is empty"),
        (("jpeg", "blur", "-m", "triq", "--match", "{stem}_x4"), "it needs --ref"),
        ((*FOLDERS, "-m", "psnr", "-f", "xlsx"), "unknown format"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.xlsx"), "unknown suffix"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.csv", "-o", "b.csv", "-f", "csv"), "cannot stand for several files"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.csv", "-o", "blur/../a.csv"), "asked for twice"),
        ((*FOLDERS, "-m", "psnr", "-o", "-", "-o", "-"), "asked for twice"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.csv", "--html", "a.csv"), "asked for twice"),
        ((*FOLDERS, "-m", "psnr", "-o", "blur", "-f", "latex"), "blur: is a folder"),
        ((*FOLDERS, "-m", "psnr", "--html", "blur"), "blur: is a folder"),
        ((*FOLDERS, "-m", "psnr", "-o", "nowhere/a.csv"), "no folder nowhere"),
        ((*FOLDERS, "-m", "psnr", "--html", "nowhere/a.html"), "no folder nowhere"),
        ((*FOLDERS, "-m", "psnr", "--resume"), "--resume needs -o"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.tex", "--resume"), "--resume needs -o"),
        ((*FOLDERS, "-m", "psnr", "--match", "x4"), "has no {stem}"),
        (("", "GT", "-m", "psnr"), "one of the paths is empty"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line_before_anything_is_scored(iqa, folders, arguments, complaint):
    done = iqa(*arguments)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err and "Traceback" not in done.err

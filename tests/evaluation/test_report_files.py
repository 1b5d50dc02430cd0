"""What `iqa eval` writes: tables on a terminal, Markdown, LaTeX, CSV and JSON, read back by other readers."""

import csv
import io
import json
import math
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from reports import constant, dataset, good, inverted, lower_is_better, noisy, report

from iqa_cli.evaluation.report_grids import write_tables
from iqa_cli.evaluation.report_writing import to_csv, to_json
from iqa_cli.tables.grid import decimals_of, marks
from iqa_cli.tables.latex import LatexStyle

MODELS = {"iqt": good, "weak": noisy, "inverted": inverted, "constant": constant, "lpips": lower_is_better}
HOSTILE = "[bold]a|b[/bold]\n*c* _d_ `e` <u>f</u> \\| $g$ ~h~ #1 &amp; {i} ^ % [x](y)"


class FakeTerminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(scope="module")
def several():
    return report(dataset(MODELS, higher={"lpips": False}, splits=3))


@pytest.fixture(scope="module")
def hostile():
    models = {HOSTILE: good, "-1. plain": noisy}
    return report(dataset(models, types=(HOSTILE, "+ blur"), title=HOSTILE, notes=(f"1. {HOSTILE}",)))


@pytest.fixture(scope="module")
def benchmark(several):
    (one,) = several.datasets
    return report(*(replace(one, name=f"dataset{k:02}", splits={}) for k in range(12)))


def printed(found, details=True, stream=io.StringIO):
    stdout = stream()
    write_tables(found, "table", stdout, details)
    return re.sub(r"\x1b\[[0-9;]*m", "", stdout.getvalue())


def document(found, format):
    stream = io.StringIO()
    write_tables(found, format, stream)
    return stream.getvalue()


def to_markdown(found):
    return document(found, "markdown")


def to_latex(found):
    return document(found, "latex")


def markdown_tables(text):
    """The tables of a Markdown text as lists of rows of plain text, by an independent reader."""
    found = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and token.level > 3:
            found[-1][-1].append("".join(part.content for part in token.children if part.type != "html_inline"))
    return found


def test_the_best_is_marked_best_and_the_next_value_second():
    assert marks([0.1, 0.9, 0.5]) == ["", "best", "second"]
    assert marks([0.1, 0.9, 0.5], higher_is_better=False) == ["best", "", "second"]


def test_values_equal_as_shown_share_a_mark_and_nan_has_none():
    assert marks([0.9001, 0.8999, math.nan, 0.5, 0.5004, 0.1]) == ["best", "best", "", "second", "second", ""]


def test_a_value_without_a_rival_is_not_marked():
    assert marks([0.9, math.nan]) == ["", ""]
    assert marks([math.nan, math.nan]) == ["", ""]


@pytest.mark.parametrize(
    ("values", "decimals"), [([0.0712], 4), ([0.512, 0.4], 3), ([8.6], 2), ([97.0, 121.0], 0), ([math.nan, 0.0], 3)]
)
def test_errors_are_shown_with_three_figures_whatever_the_scale_of_the_opinions(values, decimals):
    assert decimals_of(values) == decimals


def test_an_inverted_model_shows_negative_and_its_small_error_wins_nothing(several):
    rows = markdown_tables(to_markdown(several))[1]
    inverted_row = next(row for row in rows if row[0] == "inverted")
    assert [cell[0] for cell in inverted_row[1:5]] == ["-"] * 4
    line = next(line for line in to_markdown(several).splitlines() if line.startswith("| inverted"))
    assert "**" not in line and "<ins>" not in line
    assert "against the opinions: inverted" in to_markdown(several)


def test_a_constant_model_has_dashes_and_the_failed_fit_is_told(several):
    text = printed(several)
    row = next(line.split() for line in text.splitlines() if line.startswith("constant"))
    assert row[1:4] == ["–", "–", "–"]
    assert "straight line where it failed: constant" in text
    assert "note: constant: the 4-parameter logistic needs more than 4 distinct predictions" in text


@pytest.mark.parametrize("which", ["several", "benchmark"])
def test_no_line_of_a_table_leaves_a_terminal_of_80_columns_and_no_number_is_cut(which, request, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    found = request.getfixturevalue(which)
    narrow, wide = printed(found, stream=FakeTerminal), printed(found)
    assert all(len(line) <= 80 for line in narrow.splitlines() if not line.startswith("note:"))
    assert "…" not in narrow
    numbers = re.compile(r"-?\d+\.\d+")
    assert sorted(numbers.findall(narrow)) == sorted(numbers.findall(wide))


def test_a_piped_table_has_no_escape_codes_and_one_line_a_row(several):
    stdout = io.StringIO()
    write_tables(several, "table", stdout, details=False)
    text = stdout.getvalue()
    assert "\x1b" not in text
    summary = several.datasets[0].summaries["iqt"].overall
    low, high = summary.interval.srocc
    assert f"{summary.value.srocc:.3f} [{low:.3f}, {high:.3f}]" in text


def test_types_and_groups_are_shown_only_when_asked_for(several):
    assert "distortion type" not in printed(several, details=False)
    detailed = printed(several)
    assert "by distortion type" in detailed and "by group" in detailed


def test_a_single_model_is_shown_by_type_with_all_measures():
    alone = report(dataset({"iqt": good}))
    _, by_type, by_group = markdown_tables(to_markdown(alone))
    assert by_type[0][1:] == by_group[0][1:]
    assert [row[0] for row in by_type[1:]] == ["blur", "noise"]
    assert "**" not in to_markdown(alone)  # a type is no rival of a type


def test_only_differences_below_five_percent_after_correction_have_a_star(several):
    found = markdown_tables(to_markdown(several))[-1]
    for matrix, column in zip(several.datasets[0].differences, (2, 4), strict=True):
        for pair, row in zip(matrix.pairs, found[1:], strict=True):
            assert ("*" in row[column]) == (pair.p_holm < 0.05)


def test_several_datasets_give_one_table_of_models_by_datasets(benchmark):
    first, *_ = markdown_tables(to_markdown(benchmark))
    assert first[0][1:] == ["Model", *(dataset.name for dataset in benchmark.datasets)]
    statistics = [row[0].split()[0] for row in first[1:]]
    assert statistics == ["SROCC"] * 5 + ["PLCC"] * 5 + ["KROCC"] * 5
    plcc = benchmark.datasets[3].summaries["weak"].overall.value.plcc
    assert first[1 + 5 + 1][2 + 3] == f"{plcc:.3f}"


def test_medians_over_splits_head_the_report(several):
    first, *_ = markdown_tables(to_markdown(several))
    split = several.datasets[0].splits["iqt"]
    assert first[1][:2] == ["iqt", f"{split.median.srocc:.3f} ± {split.deviation.srocc:.3f}"]


def test_markdown_shows_hostile_names_as_text(hostile):
    text = to_markdown(hostile)
    shown = HOSTILE.replace("\n", r"\n")
    rows = markdown_tables(text)[0]
    assert [row[0] for row in rows] == ["Model", shown, "-1. plain"]
    assert len({len(row) for row in rows}) == 1
    parsed = MarkdownIt("commonmark").parse(text)
    heading = parsed[[token.type for token in parsed].index("heading_open") + 1]
    assert "".join(part.content for part in heading.children) == shown
    assert text.rstrip().splitlines()[-1].startswith(r"- 1\. ")


def test_the_terminal_shows_hostile_names_as_text(hostile):
    assert HOSTILE.replace("\n", r"\n") in printed(hostile)


def test_latex_is_balanced_and_has_a_cell_a_column(hostile):
    text = to_latex(hostile)
    bare = re.sub(r"\\[_%&#${}\\]", "", text)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == text.count(r"\bottomrule")
    for body in re.findall(r"\\midrule\n(.*?)\\bottomrule", text, re.S):
        rows = [row for row in body.splitlines() if row.endswith(r"\\")]
        assert len({len(re.findall(r"(?<!\\)&", row)) for row in rows}) == 1


@pytest.mark.parametrize("which", ["several", "hostile"])
def test_latex_without_intervals_and_underline_speaks_of_neither(which, request):
    stream = io.StringIO()
    write_tables(request.getfixturevalue(which), "latex", stream, latex=LatexStyle.parse("none"))
    text = stream.getvalue()
    assert r"\scriptsize" not in text and r"\underline" not in text and r"\textbf" in text
    assert not re.search(r"brackets|Underlined|\$\\pm\$", text)


def test_the_latex_caption_tells_images_protocol_and_fit(several):
    caption = re.findall(r"\\caption\{(.*)\}\n", to_latex(several))[1]
    images = several.datasets[0].summaries["iqt"].overall.images
    assert f"{images} images of 6 references" in caption
    assert "Whole set" in caption and "bootstrap over references" in caption and "4-parameter logistic" in caption


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_latex_compiles(several, hostile, tmp_path):
    body = to_latex(several) + to_latex(hostile)
    document = rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "paper.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=60)
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_csv_holds_every_statistic_once_and_reads_back_exactly(several):
    rows = list(csv.DictReader(io.StringIO(to_csv(several), newline="")))
    assert list(rows[0]) == ["dataset", "model", "part", "name", "n", "statistic", "value", "low", "high"]
    keys = [(row["model"], row["part"], row["name"], row["statistic"]) for row in rows]
    assert len(set(keys)) == len(keys)
    by_key = dict(zip(keys, rows, strict=True))
    agreement = several.datasets[0].summaries["weak"].by_type[1]
    row = by_key["weak", "type", "noise", "krocc"]
    assert (float(row["value"]), int(row["n"])) == (agreement.value.krocc, agreement.images)
    assert (float(row["low"]), float(row["high"])) == agreement.interval.krocc
    assert by_key["constant", "overall", "all", "srocc"]["value"] == ""
    median = several.datasets[0].splits["iqt"].median.plcc
    assert float(by_key["iqt", "splits", "median", "plcc"]["value"]) == median


def test_the_csv_keeps_hostile_names(hostile):
    rows = list(csv.DictReader(io.StringIO(to_csv(hostile), newline="")))
    assert {row["model"] for row in rows} == {HOSTILE, "-1. plain"}
    assert {row["name"] for row in rows if row["part"] == "type"} == {HOSTILE, "+ blur"}


def test_the_json_is_strict_and_holds_everything(several):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    document = json.loads(to_json(several), parse_constant=refuse)
    assert list(document) == ["meta", "models", "datasets", "choices"]
    assert document["meta"]["protocol"]["logistic"] == 4
    (found,) = document["datasets"]
    constant_model = found["models"]["constant"]
    assert constant_model["overall"]["measures"]["srocc"] == {"value": None, "low": None, "high": None}
    assert constant_model["overall"]["fit"]["converged"] is False
    assert len({tuple(model) for model in found["models"].values()}) == 1  # the same keys for every model
    assert found["models"]["lpips"]["higher_is_better"] is False
    pairs = several.datasets[0].differences
    assert len(found["differences"]) == sum(len(matrix.pairs) for matrix in pairs)
    assert found["differences"][0]["p_holm"] == pairs[0].pairs[0].p_holm
    assert found["notes"] == list(several.datasets[0].notes)


def test_what_was_not_computed_is_not_shown():
    text = to_markdown(report(dataset({"psnr": good}, types=(), grouped=False)))
    assert len(markdown_tables(text)) == 1
    assert "bootstrap over images" in text and "references" not in text

"""What a run reports to CI services and scripts, read by other readers than ours where there are."""

import json
import math

import pytest
from junitparser import Error, Failure, JUnitXml

from iqa_cli.errors import ExitCode, IqaError, UsageError
from iqa_cli.gate.account import Account
from iqa_cli.gate.baseline import Baseline
from iqa_cli.gate.digest import digest
from iqa_cli.gate.drops import Allowance
from iqa_cli.gate.github import annotations
from iqa_cli.gate.junit import junit
from iqa_cli.gate.reports import Reports
from iqa_cli.gate.summary import summary
from iqa_cli.gate.verdict import Watch, with_thresholds
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange
from iqa_cli.terminal import silent

MODELS = (ModelInfo("psnr", ScoreRange(0, None)), ModelInfo("lpips", ScoreRange(0, 1, higher_is_better=False)))
META = {"iqa": "1.0", "device": "cpu", "models": {"lpips": {"sha256": "abc", "crops": "20"}}}


def row(image, psnr=None, lpips=None, error=None, reference="r.png"):
    scores = {"psnr": Score(None, "infinite") if psnr == math.inf else Score(psnr), "lpips": Score(lpips)}
    return Record(Job(image, reference), scores, error)


GOOD, BAD, UNREAD = row("a.png", math.inf, 0.1), row("b.png", 20.0, 0.5), row("c.png", error="c.png: damaged")


def account(*records, baseline=None, **thresholds):
    held = with_thresholds(MODELS, thresholds)
    watch = Watch(held, records, baseline and (baseline, Allowance()), everything=True)
    verdict = watch.verdict()
    means = [{"folder": None, "rows": len(records), "failed": 0, "mean": {"psnr": 20.0, "lpips": None}}]
    return Account(verdict, META, means, 1.5, verdict.exit_code)


def old(psnr):
    return Baseline("old.csv", [record.job for record in (GOOD, BAD)], {"psnr": psnr}, {})


def parsed(told):
    return {suite.name: {case.name: case for case in suite} for suite in JUnitXml.fromstring(junit(told).encode())}


# JUnit


def test_a_suite_a_model_a_test_an_image_errors_and_failures_are_told_apart():
    suites = parsed(account(GOOD, BAD, UNREAD, psnr=30, lpips=0.3))
    assert list(suites) == ["psnr", "lpips"]
    psnr = suites["psnr"]
    assert psnr["a.png"].is_passed and psnr["a.png"].system_out == "psnr inf"
    (failure,) = psnr["b.png"].result
    assert isinstance(failure, Failure) and failure.message == failure.text == "psnr 20.0 is below 30"
    (error,) = psnr["c.png"].result
    assert isinstance(error, Error) and error.message == "c.png: damaged"
    assert suites["lpips"]["b.png"].result[0].message == "lpips 0.500 is above 0.3"


def test_the_counts_of_junit_are_those_of_its_tests():
    written = JUnitXml.fromstring(junit(account(GOOD, BAD, UNREAD, psnr=30)).encode())
    counts = written.tests, written.failures, written.errors
    written.update_statistics()
    assert counts == (written.tests, written.failures, written.errors) == (6, 1, 2)


def test_the_mean_is_a_test_where_there_is_a_baseline():
    suites = parsed(account(GOOD, BAD, baseline=old([math.inf, 25.0])))
    assert suites["psnr"]["mean of all images"].result[0].message.startswith("mean psnr 25.0 → 20.0, worse by 5.00")
    assert "mean of all images" not in suites["lpips"]


def test_weights_and_crops_are_properties_of_a_suite():
    (_, lpips) = JUnitXml.fromstring(junit(account(GOOD)).encode())
    assert {found.name: found.value for found in lpips.properties()} == {"iqa": "1.0", "sha256": "abc", "crops": "20"}


def test_no_two_tests_have_one_name():
    suites = parsed(account(row("a", 1.0), row("a", 1.0), row("a", 1.0, reference="s")))
    assert list(suites["psnr"]) == ["a (reference r.png) #1", "a (reference r.png) #2", "a (reference s)"]


def test_names_with_signs_of_xml_and_without_a_place_in_it_survive():
    suites = parsed(account(row('<&">.png', 1.0), row("bell\x07\udce9.png", 1.0)))
    assert list(suites["psnr"]) == ['<&">.png', "bell\\x07\\udce9.png"]


# GitHub


def test_annotations_name_the_file_in_the_repository_and_escape_what_the_runner_reads(tmp_path):
    image = str(tmp_path / "out/50%,a:b.png")
    (line,) = annotations(account(row(image, 20.0), psnr=30), {"GITHUB_WORKSPACE": str(tmp_path)})
    assert line == "::error file=out/50%25%2Ca%3Ab.png,title=iqa psnr::psnr 20.0 is below 30"


def test_an_error_of_several_lines_is_one_annotation():
    (line,) = annotations(account(row("c", error="c: 100% bad,\nreally: bad")), {})
    assert line == "::error file=c,title=iqa::c: 100%25 bad,%0Areally: bad"


def test_no_more_annotations_than_are_shown_and_the_last_counts_the_rest():
    lines = list(annotations(account(*(row(f"{n}.png", float(n)) for n in range(12)), psnr=30), {}))
    assert len(lines) == 10
    assert lines[0].startswith("::error file=0.png") and lines[-1].startswith("::error title=iqa::3 further findings")


def test_the_summary_of_the_step_is_appended_and_commands_go_to_stderr(tmp_path, monkeypatch):
    place, terminal = tmp_path / "step.md", silent()
    place.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(place))
    Reports.of(["github"]).write(account(BAD, psnr=30), terminal)
    assert place.read_text().startswith("before\n### iqa 1.0: failed\n")
    assert terminal.stderr.getvalue().startswith("::error file=b.png") and not terminal.stdout.getvalue()


def test_the_digest_tells_means_thresholds_drops_and_what_is_wrong():
    text = digest(account(GOOD, BAD, UNREAD, baseline=old([math.inf, 25.0]), psnr=30))
    assert "| psnr ↑ | 20.0000 | 1 below 30 | 25.0 → 20.0 | 1 |" in text
    assert "| lpips ↓ | – | – | – | 0 |" in text
    assert text.count("c.png: damaged") == 1 and "- b.png: psnr 20.0 is below 30\n" in text
    assert "3 images, 1 failed, 1.5 s, exit code 1" in text


def test_a_digest_of_many_findings_ends():
    text = digest(account(*(row(f"{n}.png", 1.0) for n in range(80)), psnr=30))
    assert text.endswith("- and 30 more\n")


# JSON


def test_the_summary_has_rows_failures_thresholds_drops_and_weights():
    told = json.loads(summary(account(GOOD, BAD, UNREAD, baseline=old([math.inf, 25.0]), psnr=30)))
    assert (told["iqa_summary"], told["rows"], told["passed"], told["exit_code"]) == (1, 3, False, 1)
    assert told["models"]["lpips"] == {"higher_is_better": False, "threshold": None, "sha256": "abc", "crops": "20"}
    assert [found["image"] for found in told["failed"]] == ["c.png"]
    assert told["below"] == [{"image": "b.png", "reference": "r.png", "model": "psnr", "score": 20.0, "threshold": 30}]
    (drop,) = told["baseline"]["dropped"]
    assert (drop["image"], drop["before"], drop["after"], drop["loss"]) == ("b.png", 25.0, 20.0, 5.0)
    assert told["baseline"]["means"][0]["dropped"] is True


def test_infinity_is_a_word_in_the_summary():
    told = json.loads(summary(account(row("a.png", 20.0), baseline=old([math.inf, 25.0]))), parse_constant=pytest.fail)
    assert told["baseline"]["dropped"][0]["before"] == "inf"


# Files


def test_a_run_without_findings_passes_in_every_report(tmp_path):
    fine = account(row("a.png", 40.0, 0.1), psnr=30)
    assert fine.exit_code is ExitCode.OK and not list(annotations(fine, {}))
    Reports.of([str(tmp_path / "out/r.xml"), str(tmp_path / "r.json"), str(tmp_path / "r.MD")]).write(fine, silent())
    assert JUnitXml.fromfile(str(tmp_path / "out/r.xml")).failures == 0
    assert json.loads((tmp_path / "r.json").read_text())["passed"] is True
    assert "passed" in (tmp_path / "r.MD").read_text()


def test_a_report_of_no_known_kind_is_refused():
    with pytest.raises(UsageError, match=r"--report r.html: name FILE.xml \(JUnit\), FILE.json or FILE.md, or github"):
        Reports.of(["r.html"])


def test_a_report_that_cannot_be_written_costs_no_other(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IqaError, match=r"file/r.xml: the report cannot be written"):
        Reports.of([str(tmp_path / "file/r.xml"), str(tmp_path / "r.json")]).write(account(GOOD), silent())
    assert (tmp_path / "r.json").exists()


def test_reports_tell_how_many_images_were_compared_and_which_were_not(tmp_path):
    told = account(GOOD, BAD, row("d.png", 30.0), baseline=old([math.inf, None]))
    suites = JUnitXml.fromstring(junit(told).encode())
    assert [{p.name: p.value for p in suite.properties()}["compared"] for suite in suites] == ["1 of 3", "0 of 3"]
    assert parsed(told)["psnr"]["d.png"].system_out == "psnr 30.0; not compared: not in old.csv"
    assert parsed(told)["psnr"]["b.png"].system_out == "psnr 20.0; not compared: without a score in old.csv"
    text = digest(told)
    assert "| 1 of 3 |" in text and "- 1 image without a score in old.csv: b.png\n" in text
    against = json.loads(summary(told))["baseline"]
    assert against["compared"] == {"psnr": 1, "lpips": 0}
    assert [job["image"] for job in against["unscored"]] == ["b.png"]


def test_a_file_name_that_is_not_utf_8_leaves_valid_json(tmp_path):
    Reports.of([str(tmp_path / "r.json")]).write(account(row("caf\udce9.png", 1.0), psnr=30), silent())
    told = json.loads((tmp_path / "r.json").read_bytes().decode("utf-8"))
    assert told["below"][0]["image"] == "caf\udce9.png"


def test_numbers_of_the_summary_have_no_noise_of_floats():
    told = account(row("a.png", 0.1 + 0.2), psnr=30)
    told.means[0]["mean"]["psnr"] = 0.1 + 0.2
    document = json.loads(summary(told))
    assert document["means"][0]["mean"]["psnr"] == document["below"][0]["score"] == 0.3


@pytest.mark.parametrize("name", ["r.xml", "r.json", "r.md"])
def test_only_what_is_a_report_and_no_input_is_forgotten_before_the_checks(tmp_path, name):
    file = tmp_path / name
    reports = Reports.of([str(file)])
    reports.write(account(GOOD), silent())
    reports.forget_earlier([None, "-", file])
    assert file.exists()
    reports.forget_earlier([])
    assert not file.exists()
    file.write_text("notes of mine")
    reports.forget_earlier([])
    assert file.exists()

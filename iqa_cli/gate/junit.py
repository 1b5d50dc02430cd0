"""The report as JUnit XML, which GitLab, Jenkins and most other services show as tests."""

import re
from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from iqa_cli.gate.account import Account, Finding, findings_of
from iqa_cli.records import Job, Record

UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no room for
MEAN = "mean of all images"


def junit(account: Account) -> str:
    """A suite a model, a test an image, and one for the mean where there is a baseline.

    A row that failed is an error, a score worse than its threshold or than the baseline a failure.
    """
    verdict = account.verdict
    found = list(findings_of(verdict))
    suites = ET.Element("testsuites", name="iqa score", time=f"{account.seconds:.3f}")
    for model in verdict.models:
        suite = ET.SubElement(suites, "testsuite", name=model.name)
        _properties(suite, account, model.name)
        apart = _not_compared(account)
        own = _by_job(finding for finding in found if finding.model == model.name)
        for record, name in zip(verdict.records, _names(record.job for record in verdict.records), strict=True):
            _case(suite, model.name, name, record, own.get(id(record.job), ()), apart.get(id(record.job), ""))
        if verdict.against and model.name in verdict.against.means:
            _case(suite, model.name, MEAN, None, own.get(None, ()))
        _count(suite)
    _count(suites)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False).join(
        ['<?xml version="1.0" encoding="UTF-8"?>\n', "\n"]
    )


def _case(
    suite: ET.Element, model: str, name: str, record: Record | None, findings: Iterable[Finding], remark: str = ""
) -> None:
    case = ET.SubElement(suite, "testcase", classname=model, name=_fit(name))
    score = record.number(model) if record else None
    if record and record.error is not None and score is None:
        ET.SubElement(case, "error", type="error", message=_fit(record.error)).text = _fit(record.error)
    for finding in findings:
        failure = ET.SubElement(case, "failure", type=finding.kind, message=_fit(finding.text))
        failure.text = _fit(finding.text)  # services differ in which of both they show
    if score is not None:
        ET.SubElement(case, "system-out").text = _fit(f"{model} {score}{remark}")


def _properties(suite: ET.Element, account: Account, model: str) -> None:
    described = account.meta["models"].get(model, {})
    facts = {"iqa": account.meta["iqa"], **{name: described.get(name) for name in ("weights", "sha256", "crops")}}
    if against := account.verdict.against:
        facts["compared"] = against.share(model)
    properties = ET.SubElement(suite, "properties")
    for name, value in facts.items():
        if value is not None:
            ET.SubElement(properties, "property", name=name, value=_fit(str(value)))


def _not_compared(account: Account) -> dict[int, str]:
    """What the tests of such images say beside the score, by the job."""
    if (against := account.verdict.against) is None:
        return {}
    told = ((against.new, "not in"), (against.unscored, "without a score in"))
    return {id(job): f"; not compared: {what} {against.path}" for jobs, what in told for job in jobs}


def _count(element: ET.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", str(sum(case.find("error") is not None for case in cases)))


def _by_job(findings: Iterable[Finding]) -> dict[int | None, list[Finding]]:
    """By the job itself: two rows may name one image."""
    found: dict[int | None, list[Finding]] = {}
    for finding in findings:
        found.setdefault(id(finding.job) if finding.job else None, []).append(finding)
    return found


def _names(jobs: Iterable[Job]) -> list[str]:
    """One of its own for each, for services pass over a second test of one name."""
    jobs = list(jobs)
    times = Counter(job.image for job in jobs)
    full = [f"{job.image} (reference {job.reference})" if times[job.image] > 1 else job.image for job in jobs]
    times, names = Counter(full), []
    seen: Counter[str] = Counter()
    for name in full:
        seen[name] += 1
        names.append(f"{name} #{seen[name]}" if times[name] > 1 else name)
    return names


def _fit(text: str) -> str:
    return UNFIT.sub(lambda match: match[0].encode("unicode_escape").decode(), text)

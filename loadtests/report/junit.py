"""The run as JUnit XML: a test suite for the scenario, a test case for each finding."""

from __future__ import annotations

from xml.etree import ElementTree

from conformance.report.text import visible
from loadtests.analysis.findings import Finding
from loadtests.analysis.ledger import Ledger
from loadtests.analysis.verdict import Verdict
from loadtests.report.text import moment


def document(verdict: Verdict, ledger: Ledger) -> bytes:
    """The document. What breaks the verdict is a `<failure>`, what does not bind or could not be judged `<skipped>`.

    A run that as a whole could not be judged is an `<error>` of its own.
    """
    run = verdict.run
    cases = [_case(finding, verdict, ledger) for finding in verdict.examination.findings]
    if verdict.word == "unjudged":
        cases.append(_problem(verdict.reason))
    attributes = {
        "name": visible(run.scenario),
        "tests": str(len(cases)),
        **{f"{kind}s": str(_count(cases, kind)) for kind in ("failure", "error")},
        "skipped": str(_count(cases, "skipped")),
        "time": f"{run.finished - run.started:.3f}",
        "timestamp": moment(run.started),
    }
    root = ElementTree.Element("testsuites", name="Outbound API load test", time=attributes["time"])
    ElementTree.SubElement(root, "testsuite", attributes).extend(cases)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _case(finding: Finding, verdict: Verdict, ledger: Ledger) -> ElementTree.Element:
    key = "" if finding.key is None else f" ({visible(ledger.keys[finding.key].shown)})"
    case = _named(verdict, f"{finding.check} ({finding.level}) {finding.claim}{key}")
    message = visible(finding.message)
    if verdict.breaks(finding):
        ElementTree.SubElement(case, "failure", message=message, type=finding.check).text = message
    elif finding.outcome == "broken":
        ElementTree.SubElement(case, "skipped", message=f"a should is broken: {message}")
    elif finding.outcome == "unjudged":
        ElementTree.SubElement(case, "skipped", message=message)
    return case


def _problem(reason: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="outbound.load", name="the run can be judged", time="0")
    ElementTree.SubElement(case, "error", message=visible(reason), type="unjudged")
    return case


def _named(verdict: Verdict, name: str) -> ElementTree.Element:
    classname = f"outbound.load.{visible(verdict.run.scenario)}"
    return ElementTree.Element("testcase", classname=classname, name=visible(name), time="0")


def _count(cases: list[ElementTree.Element], kind: str) -> int:
    return sum(case.find(kind) is not None for case in cases)

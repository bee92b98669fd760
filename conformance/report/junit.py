"""The run as JUnit XML: a test suite for each family, a test case for each requirement.

ElementTree of the standard library writes it. junitparser (1 MB, 0.05 s more of CPU to import) would only save the sums of a
suite, not the decisions what is a failure, what is shown and what is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from conformance.report import terminal
from conformance.report.alike import by_likeness, in_checks
from conformance.report.record import Run
from conformance.report.text import of_cases, visible
from conformance.report.words import state
from conformance.verdict.ledger import Finding, Ruling


def document(run: Run) -> str:
    """The document. A requirement that fails the run is a `<failure>` with its evidence; others are passed or `<skipped>`."""
    root = ElementTree.Element("testsuites", name="Outbound API conformance", time=f"{run.seconds:.3f}")
    rulings = run.ledger.rulings()
    for family in dict.fromkeys(ruling.requirement.family for ruling in rulings):
        _suite(root, family, [_case(ruling, run) for ruling in rulings if ruling.requirement.family == family], run)
    if run.ledger.unfit:
        _suite(root, "target", [_problem("the target can be judged", "error", run.ledger.unfit)], run)
    if outdated := run.ledger.outdated():
        _suite(root, "known-violations", [_problem("they are up to date", "failure", line) for line in outdated], run)
    ElementTree.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ElementTree.tostring(root, encoding="unicode")


def _suite(root: ElementTree.Element, name: str, cases: Sequence[ElementTree.Element], run: Run) -> None:
    attributes = {
        "name": name,
        "tests": str(len(cases)),
        **{f"{kind}s": str(_count(cases, kind)) for kind in ("failure", "error")},
        "skipped": str(_count(cases, "skipped")),
        "time": f"{sum(float(case.get('time', 0)) for case in cases):.3f}",
        "timestamp": run.started.isoformat(timespec="seconds"),
    }
    suite = ElementTree.SubElement(root, "testsuite", attributes)
    suite.extend(cases)


def _count(cases: Sequence[ElementTree.Element], kind: str) -> int:
    return sum(case.find(kind) is not None for case in cases)


def _case(ruling: Ruling, run: Run) -> ElementTree.Element:
    requirement = ruling.requirement
    case = ElementTree.Element(
        "testcase",
        classname=f"outbound.{requirement.family}",
        name=f"{requirement.id} ({requirement.level}) {requirement.title}",
        time=f"{ruling.seconds:.3f}",
    )
    reason = _text(run.redactor.text(ruling.explanation))
    evidence = _text("\n\n".join(_evidence(findings, run) for findings in by_likeness(ruling.failures).values()))
    properties = ElementTree.SubElement(case, "properties")
    ElementTree.SubElement(properties, "property", name="tried", value=of_cases(ruling.tried))
    if run.ledger.breaks(ruling):
        ElementTree.SubElement(case, "failure", message=reason, type=state(ruling, run.ledger)).text = (
            evidence or reason
        )
    elif ruling.status != "passed":
        message = f"a should is broken: {reason}" if state(ruling, run.ledger) == "should" else reason
        ElementTree.SubElement(case, "skipped", message=message)
        if evidence:
            ElementTree.SubElement(case, "system-out").text = evidence
    return case


def _evidence(findings: Sequence[Finding], run: Run) -> str:
    """The evidence of failures that show the same."""
    told = (terminal.evidence(findings[0], run.redactor), in_checks(len(findings)))
    return "\n\n".join(filter(None, told))


def _problem(name: str, kind: str, message: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="outbound", name=name, time="0")
    ElementTree.SubElement(case, kind, message=_text(message), type=kind)
    return case


def _text(text: str) -> str:
    # Control characters cannot be written in XML 1.0. They are escaped like all characters that do not print.
    return visible(text, keep="\n")

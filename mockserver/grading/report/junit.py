"""`junit.xml`: a test case for each requirement."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from mockserver.control.redaction import redacted
from mockserver.grading.report.document import moment
from mockserver.grading.report.words import is_failure, proof, unseen
from mockserver.grading.verdict import Grade, Ruling

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(grade: Grade) -> str:
    """The document. A requirement that was not seen is skipped; a broken should fails only with `--strict`."""
    suite = Element("testsuite", name="outbound-mock grade", timestamp=moment(grade.started))
    failures = sum(is_failure(ruling, grade) for ruling in grade.rulings)
    skipped = sum(ruling.status == "not-seen" for ruling in grade.rulings)
    seconds = (grade.finished - grade.started).total_seconds()
    suite.attrib.update(
        tests=str(len(grade.rulings) + bool(grade.reason)),
        failures=str(failures),
        errors=str(int(bool(grade.reason))),
        skipped=str(skipped),
        time=f"{seconds:.3f}",
    )
    if grade.reason:
        case = SubElement(suite, "testcase", classname="grade", name="the command can be graded")
        SubElement(case, "error", message=_clean(redacted(grade.reason)))
    for ruling in grade.rulings:
        _case(suite, ruling, grade)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suite, "unicode") + "\n"


def _case(suite: Element, ruling: Ruling, grade: Grade) -> None:
    requirement = ruling.requirement
    case = SubElement(
        suite, "testcase", classname=f"grade.{requirement.family}", name=f"{requirement.id} {requirement.title}"
    )
    told = _clean("\n".join(proof(evidence) for evidence in ruling.evidence))
    if is_failure(ruling, grade):
        failure = SubElement(case, "failure", message=_clean(redacted(ruling.evidence[0].message)))
        failure.text = f"{told}\n{requirement.basis}"
    elif ruling.status == "not-seen":
        SubElement(case, "skipped", message=_clean(unseen(ruling) or "not seen"))
    elif told:
        SubElement(case, "system-out").text = f"a should is broken\n{told}"


def _clean(words: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _NOT_XML.sub("�", words)

"""What several failures show alike is printed once, with the number of checks; and checks are told from requirements."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.report.alike import by_likeness
from conformance.target.exchange import Exchange, Request
from conformance.verdict.ledger import Finding, Ledger
from tests.support.report_runs import exchange, on_screen, run_of, written

NO_DOCUMENT = replace(exchange(6, 404), request=Request("GET", "/api-docs/openapi.json"))
REASON = NO_DOCUMENT.line()


def of_contact(id_: str, status: int = 404) -> Exchange:
    return replace(exchange(7, status), request=Request("GET", f"/api/v1/contacts/{id_}?x=1", operation="getContact"))


def failing(*findings: tuple[str, str, Exchange]) -> Ledger:
    made = Ledger()
    for number, (id_, reason, shown) in enumerate(findings):
        made.add(Finding(id_, "failed", reason, (shown,), f"test_x.py::test_{number}"))
    return made


def without_a_document() -> Ledger:
    return failing(*((id_, REASON, NO_DOCUMENT) for id_ in ("OP-8", "OP-8", "OP-9", "OP-9", "OP-9", "OP-9")))


def test_one_exchange_is_printed_once_for_all_checks_and_requirements() -> None:
    lines = on_screen(run_of(without_a_document()))
    assert sum("→ 404 (exchange 6" in line for line in lines) == 1
    assert sum(line.strip() == REASON for line in lines) == 2
    assert "    test_x.py::test_0, and 1 more check" in lines
    assert "    test_x.py::test_2, and 3 more checks" in lines
    assert "    the exchange is shown at OP-8" in lines


def test_the_other_reports_show_it_once_for_each_requirement(tmp_path: Path) -> None:
    reports = written(tmp_path, run_of(without_a_document()))
    assert reports["report.html"].count('<article class="exchange">') == 2
    for name in ("report.html", "junit.xml"):
        assert "the same in 2 checks" in reports[name], name
        assert "the same in 4 checks" in reports[name], name


def test_what_differs_only_in_an_id_is_alike_and_all_else_is_not() -> None:
    first, second, other = of_contact("con_1"), of_contact("con_2"), of_contact("con_3", 500)
    again = replace(first, request=replace(first.request, method="HEAD"))
    shown = (first, second, other, again)
    alike = by_likeness(failing(*(("OP-10", each.line(), each) for each in shown)).findings)
    assert [len(findings) for findings in alike.values()] == [2, 1, 1]
    reasons = failing(("OP-10", "one", first), ("OP-10", "another", first)).findings
    assert len(by_likeness(reasons)) == 2


def test_checks_are_told_from_requirements_where_both_are_counted() -> None:
    line = "pytest counts checks; a requirement has one or more of them."
    made = without_a_document()
    made.only = frozenset({"OP-8", "OP-9"})
    assert line in on_screen(run_of(made))
    made.findings = made.findings[:1]
    assert line not in on_screen(run_of(made))

"""Pytest makes a traceback only for a check that itself broke; for all others the gate shows evidence."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.checks import NotTested, Violation
from conformance.verdict.judge import Judge
from conformance.verdict.plugin import VerdictPlugin

_ASKED_FOR = "long"


def style_of_traceback(error: Exception, when: str, mark: pytest.Mark | None) -> str:
    """The style of traceback that pytest uses when it makes the report of a test's phase."""
    option = SimpleNamespace(tbstyle=_ASKED_FOR)
    item: Any = SimpleNamespace(config=SimpleNamespace(option=option), get_closest_marker=lambda _: mark)
    call: Any = SimpleNamespace(when=when, excinfo=SimpleNamespace(value=error))
    report = VerdictPlugin(cast(Judge, None)).pytest_runtest_makereport(item, call)
    next(report)
    style = str(option.tbstyle)
    report.close()
    assert option.tbstyle == _ASKED_FOR
    return style


@pytest.mark.parametrize(
    ("error", "when", "marked", "style"),
    [
        (Violation("wrong"), "call", True, "value"),
        (NotTested("nothing to try"), "setup", True, "value"),
        (ValueError("a defect of the check"), "call", True, _ASKED_FOR),
        (Violation("wrong"), "teardown", True, _ASKED_FOR),
        (Violation("wrong"), "call", False, _ASKED_FOR),
    ],
)
def test_only_a_check_that_came_to_no_end_of_its_own_has_a_traceback(
    error: Exception, when: str, marked: bool, style: str
) -> None:
    mark = pytest.mark.requirement("AUTH-1").mark if marked else None
    assert style_of_traceback(error, when, mark) == style

"""The pytest plugin that turns what the checks say into a ledger, a terminal report and an exit code."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

import spec
from conformance.client import Client, NoAnswer
from conformance.ledger import Finding, Ledger
from conformance.preflight import Unfit, preflight
from conformance.report import terminal, write
from conformance.report.record import Run, Timeline
from conformance.story import NotJudged, NotTested, Violation
from conformance.target import Target

_ALIVE_AFTER = 0.5
_OURS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
_REQUIREMENTS = {requirement.id: requirement for requirement in spec.requirements()}


@dataclass
class Judge:
    """Everything that one run of the gate holds: the target, the client to it, and the ledger."""

    target: Target
    client: Client
    ledger: Ledger
    seed: int
    report: Path | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    notes: dict[str, str] = field(default_factory=dict)
    timelines: list[Timeline] = field(default_factory=list)

    def run(self) -> Run:
        """The run as its reports show it."""
        return Run(
            target=self.target,
            started=self.started,
            finished=datetime.now(UTC),
            ledger=self.ledger,
            exchanges=tuple(self.client.exchanges),
            by_key=dict(self.client.pace.requests),
            redactor=self.client.redactor,
            seed=self.seed,
            notes=dict(self.notes),
            timelines=tuple(self.timelines),
        )


class VerdictPlugin:
    """Hooks that record a finding for every check and end the session with the verdict."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Look whether there is something to judge, before anything else is done."""
        if session.config.option.collectonly or session.config.option.no_preflight:
            return
        judge = self._judge
        try:
            preflight(
                judge.client.caller("organizations.primary.api_keys", judge.target.organizations.primary.api_keys)
            )
        except Unfit as unfit:
            judge.ledger.stop(judge.client.redactor.text(str(unfit)), unfit.exit_code)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool | None:
        """Collect nothing where there is nothing to judge."""
        return True if self._judge.ledger.unfit else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the checks of the whole run after all others."""
        items.sort(key=_of_whole_run)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Leave out what needs something that the target does not offer, or what comes after the target died."""
        mark = _mark(item)
        if mark is None:
            return
        if self._judge.ledger.unfit:
            raise NotJudged(f"could not be judged: {self._judge.ledger.unfit}")
        missing = [need for need in mark.kwargs["needs"] if not self._judge.target.offers(need)]
        if missing:
            raise NotTested(f"needs {', '.join(missing).replace('|', ' or ')} in the target's description")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record what the check says, and show evidence in place of a traceback."""
        report = yield
        mark = _mark(item)
        failed_early = call.when == "setup" and call.excinfo is not None
        if mark is None or not (call.when == "call" or failed_early):
            return report
        finding = self._finding(mark.args[0], report.nodeid, call.excinfo)
        self._judge.ledger.add(finding)
        return self._shown(report, finding, call.excinfo)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports, and end with the ledger's exit code; an interrupt or a usage error keeps its own."""
        judge = self._judge
        judge.client.close()
        if judge.report:
            write(judge.run(), judge.report)
        if exitstatus in _OURS and not session.config.option.collectonly:
            session.exitstatus = judge.ledger.exit_code()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the requirements by family, what broke, and the verdict."""
        if not terminalreporter.config.option.collectonly:
            terminal.summarize(self._judge.run(), terminalreporter, self._judge.report)

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, str | tuple[str, dict[str, bool]]] | None:
        """Name the outcomes in the suite's own words."""
        outcome = getattr(report, "finding", None)
        if outcome == "should":
            return "should broken", "w", ("SHOULD BROKEN", {"yellow": True})
        if outcome in ("not-tested", "not-judged"):
            word = outcome.replace("-", " ")
            return word, "-", (word.upper(), {"yellow": True})
        return None

    def _finding(self, requirement: str, nodeid: str, failure: pytest.ExceptionInfo[BaseException] | None) -> Finding:
        redact = self._judge.client.redactor.text
        test = nodeid.rpartition("/")[2]
        if failure is None:
            return Finding(requirement, "passed", test=test)
        error = failure.value
        if isinstance(error, Violation):
            return Finding(requirement, "failed", redact(error.message), error.exchanges, test)
        if isinstance(error, NotTested):
            exchanges = getattr(error, "exchanges", ())
            return Finding(requirement, error.outcome, redact(str(error)), exchanges, test)
        if isinstance(error, NoAnswer):
            self._look_whether_alive(str(error))
            return Finding(requirement, "not-judged", redact(str(error)), test=test)
        return Finding(requirement, "not-judged", redact(f"the check itself broke: {failure.exconly()}"), test=test)

    def _look_whether_alive(self, reason: str) -> None:
        time.sleep(_ALIVE_AFTER)
        try:
            self._judge.client.nobody.send("GET", "/api/v1/me")
        except NoAnswer:
            self._judge.ledger.stop(f"the target stopped answering: {self._judge.client.redactor.text(reason)}")

    def _shown(
        self, report: pytest.TestReport, finding: Finding, failure: pytest.ExceptionInfo[BaseException] | None
    ) -> pytest.TestReport:
        broke_itself = finding.outcome == "not-judged" and not isinstance(
            failure and failure.value, (NotTested, NoAnswer)
        )
        if broke_itself or finding.outcome == "passed":
            return report
        setattr(report, "finding", finding.outcome)  # noqa: B010 — a report is an open record, unknown to its type
        report.longrepr = terminal.evidence(finding, self._judge.client.redactor)
        if finding.outcome == "failed":
            if not self._judge.ledger.fails(_REQUIREMENTS[finding.requirement]):
                setattr(report, "finding", "should")  # noqa: B010
                report.outcome = "passed"
        else:
            report.outcome = "skipped"
            report.longrepr = (report.location[0], report.location[1] or 0, finding.reason)
        return report


def _of_whole_run(item: pytest.Item) -> bool:
    mark = _mark(item)
    return mark is not None and bool(mark.kwargs["whole_run"])


def _mark(item: pytest.Item) -> pytest.Mark | None:
    return item.get_closest_marker("requirement")

"""The pytest plugin that turns the results of checks into a ledger, a terminal report and an exit code."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from msgspec import structs

from conformance.checks import NotJudged, NotTested, Violation, take_tried, tried_cases
from conformance.oracles.key_standing import reconsidered
from conformance.outcome import EXIT_USAGE
from conformance.report import terminal
from conformance.report.folder import write
from conformance.report.record import Run
from conformance.report.text import shortened
from conformance.target.client import NoAnswer
from conformance.target.preflight import Unfit, preflight
from conformance.verdict.exit_code import exit_code
from conformance.verdict.judge import Judge as Judge
from conformance.verdict.known_violations import written
from conformance.verdict.ledger import LEFT_OUT, Finding
from conformance.verdict.outcomes import Word, apply_to_report, is_verdict, outcome_of, status_word
from conformance.verdict.selection import in_words

_LONGEST_REASON = 300
# The requirement that each operation answers.
_SERVES = "OP-1"
# Attributes of pytest's reports that are the gate's own.
_JUDGED, _STATUS_WORD = "outbound_judged", "outbound_status_word"
_UNJUDGED: Word = ("unjudged", ".", ("unjudged", {"light": True}))
_OURS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class VerdictPlugin:
    """Hooks that record a finding for every check and end the session with the verdict. `run` is there once it has ended."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._open: dict[str, str] = {}
        self._began = 0.0
        self.run: Run | None = None
        self._report: str | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        """Check first that the target can be judged; if it cannot, collect nothing."""
        if not (session.config.option.collectonly or session.config.option.no_preflight):
            self._preflight()
        return True if self._judge.ledger.unfit else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out the checks of other requirements, and put the checks of the whole run after all others."""
        kept = [*filter(self._asked, items), *self._companions(items)]
        left_out = [item for item in items if item not in kept]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item in kept]
        items.sort(key=_of_whole_run)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Record a requirement as not tested if pytest's own options left out one of its checks."""
        for item in items:
            mark = _mark(item)
            if mark and self._asked(item):
                self._not_run(mark.args[0], item.nodeid, LEFT_OUT)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember which checks must give a result."""
        self._open = {item.nodeid: _id(item) for item in session.items if _mark(item) and self._asked(item)}

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a check that needs something that the target does not offer, and every check after the target died."""
        mark = _mark(item)
        if mark is None:
            return
        if self._judge.ledger.unfit:
            raise NotJudged(f"could not be judged: {self._judge.ledger.unfit}")
        if self._judge.target.rate_limit.reading == "off" and mark.args[0].startswith("RATE-"):
            raise NotTested("rate_limit.reading is off: nothing is limited in this environment")
        missing = [need for need in mark.kwargs["needs"] if not self._judge.target.offers(need)]
        whole = self._judge.left_out
        if missing and whole and all(whole.offers(need) for need in missing):
            raise NotTested(f"left out by --safe: it needs {in_words(missing)}")
        if missing:
            raise NotTested(f"needs {in_words(missing)} in the target's description")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record the check's result, and show evidence instead of a traceback."""
        mark = _mark(item)
        failed_early = call.when == "setup" and call.excinfo is not None
        error = call.excinfo.value if call.excinfo else None
        with pytest.MonkeyPatch.context() as patch:
            if mark and call.when != "teardown" and is_verdict(error):
                # Evidence is shown in its place: to make a traceback with its sources takes longer than most checks.
                patch.setattr(item.config.option, "tbstyle", "value")
            report = yield
        if call.when == "setup":
            self._began = call.start
            take_tried()
        if mark is None or not (call.when == "call" or failed_early):
            return report
        if not self._asked(item):
            return _unjudged(report)
        finding = self._finding(mark.args[0], report.nodeid, call)
        self._judge.ledger.add(finding)
        self._open.pop(report.nodeid, None)
        self._show(report, finding, error)
        setattr(report, _JUDGED, True)  # a report is an open record
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember failures besides the checks: other tests of the session, and teardowns. The verdict must not hide them."""
        if report.failed and not hasattr(report, _JUDGED):
            self._judge.ledger.failed_elsewhere.append(_failed(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a module that could not be collected, if the run goes on without it."""
        if report.failed:
            self._judge.ledger.failed_elsewhere.append(f"{report.nodeid} (collection)")

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Report what was judged before the interrupt."""
        # pytest fails on an interrupt whose traceback has no line to show, so only its first entry is kept.
        excinfo.traceback = excinfo.traceback[:1]
        self._judge.ledger.cut_short = "the run was interrupted before it"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports, and end with the ledger's exit code; an interrupt or a usage error keeps its own."""
        judge = self._judge
        judge.client.close()
        if session.config.option.collectonly:
            return
        for nodeid, requirement in self._open.items():
            self._not_run(requirement, nodeid, judge.ledger.cut_short or "the run ended before it")
        self._add_silent_operations()
        self.run = judge.run()
        if exitstatus in _OURS:
            session.exitstatus = exit_code(judge.ledger)
        try:
            self._write()
        except OSError as error:
            self._report = f"could not be written: {error.filename}: {error.strerror}"
            session.exitstatus = EXIT_USAGE

    def _add_silent_operations(self) -> None:
        """An operation that stayed silent breaks OP-1, whatever check has asked it."""
        judge = self._judge
        if judge.ledger.only is None or _SERVES in judge.ledger.only:
            for operation, silence in judge.client.silences.confirmed.items():
                reason = judge.client.redactor.text(f"{silence}, while the target answers others")
                found = Finding(_SERVES, "failed", reason, silence.exchanges, f"silence[{operation}]")
                judge.ledger.add(found)

    def _write(self) -> None:
        judge, run = self._judge, self.run
        if run and judge.known_file:
            entries = (
                structs.replace(e, reason=shortened(e.reason, _LONGEST_REASON)) for e in judge.ledger.to_be_known()
            )
            judge.known_file.write_text(written(entries), "utf-8", "backslashreplace")
        if run and judge.report:
            write(run, judge.report)
            self._report = str(judge.report / "report.html")

    def pytest_terminal_summary(self, config: pytest.Config) -> None:
        """Print the requirements by family, what broke, and what was not tested."""
        if self.run:
            terminal.summarize(self.run, config.get_terminal_writer())
            if self._judge.baseline:
                terminal.compared(self._judge.baseline, self.run, config.get_terminal_writer())

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Print the verdict as the last line."""
        if self.run:
            terminal.conclude(self.run, config.get_terminal_writer(), self._report)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> Word | None:
        """Name the outcomes in the suite's own words, with the requirement for `-v`."""
        shown: Word | None = getattr(report, _STATUS_WORD, None)
        return shown

    def _preflight(self) -> None:
        judge = self._judge
        primary, secondary = (
            judge.client.caller(f"organizations.{name}.api_keys", organization.api_keys)
            for name, organization in (
                ("primary", judge.target.organizations.primary),
                ("secondary", judge.target.organizations.secondary),
            )
        )
        try:
            preflight(primary, [secondary])
        except Unfit as unfit:
            judge.ledger.stop(judge.client.redactor.text(str(unfit)), unfit.exit_code)

    def _asked(self, item: pytest.Item) -> bool:
        only, mark = self._judge.ledger.only, _mark(item)
        return only is None or (mark is not None and mark.args[0] in only)

    def _companions(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """The checks that run without being judged, so that a requirement of the whole run has answers to judge.

        They are those of its family.
        """
        asked = [item for item in items if self._asked(item)]
        by_themselves = {_id(item) for item in asked if not _of_whole_run(item)}
        families = {_family(item) for item in asked if _of_whole_run(item) and _id(item) not in by_themselves}
        return [
            item
            for item in items
            if _mark(item) and _family(item) in families and not self._asked(item) and not _of_whole_run(item)
        ]

    def _not_run(self, requirement: str, nodeid: str, reason: str) -> None:
        self._judge.ledger.add(Finding(requirement, "not-tested", reason, test=_test(nodeid)))

    def _finding(self, requirement: str, nodeid: str, call: pytest.CallInfo[None]) -> Finding:
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, Violation):
            error = reconsidered(error, requirement, self._judge.client)
        if isinstance(error, NoAnswer):
            self._look_whether_alive(error)
        outcome, reason = outcome_of(error)
        redact = self._judge.client.redactor.text
        return Finding(
            requirement,
            outcome,
            redact(reason),
            tuple(getattr(error, "exchanges", ())),
            _test(nodeid),
            call.stop - self._began,  # the wait of its fixtures counts too
            crashed=not is_verdict(error),
            tried_cases=tried_cases(),
            tried=take_tried(),  # which forgets the cases
            broken_cases={case: redact(message) for case, message in getattr(error, "cases", {}).items()},
            follows=getattr(error, "follows", False),
        )

    def _look_whether_alive(self, silence: NoAnswer) -> None:
        client = self._judge.client
        if not client.silences.others_answered(silence):
            self._judge.ledger.stop(f"the target stopped answering: {client.redactor.text(str(silence))}")

    def _show(self, report: pytest.TestReport, finding: Finding, error: BaseException | None) -> None:
        redactor, ledger = self._judge.client.redactor, self._judge.ledger
        report.sections = [(name, redactor.text(text)) for name, text in report.sections]
        if not is_verdict(error):
            report.longrepr = redactor.text(report.longreprtext)
            return
        setattr(report, _STATUS_WORD, status_word(finding, ledger))  # a report is an open record
        apply_to_report(report, finding, terminal.evidence(finding, redactor), ledger)


def _of_whole_run(item: pytest.Item) -> bool:
    mark = _mark(item)
    return mark is not None and bool(mark.kwargs["whole_run"])


def _id(item: pytest.Item) -> str:
    mark = _mark(item)
    return str(mark.args[0]) if mark else ""


def _family(item: pytest.Item) -> str:
    return _id(item).partition("-")[0]


def _unjudged(report: pytest.TestReport) -> pytest.TestReport:
    """The report of a companion check, which always passes, because its requirement is not part of the run."""
    report.outcome, report.longrepr = "passed", None
    setattr(report, _JUDGED, True)  # a report is an open record
    setattr(report, _STATUS_WORD, _UNJUDGED)
    return report


def _mark(item: pytest.Item) -> pytest.Mark | None:
    return item.get_closest_marker("requirement")


def _failed(report: pytest.TestReport) -> str:
    path, _, name = report.location
    when = "" if report.when == "call" else f" ({report.when})"
    return f"{Path(path).name}::{name}{when}"


def _test(nodeid: str) -> str:
    path, _, name = nodeid.partition("::")
    return f"{path.rpartition('/')[2]}::{name}"

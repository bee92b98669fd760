"""Locust as the engine of a run: its runner carries the messages and the users, its events begin and end what we run."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import STATE_INIT, LocalRunner, MasterRunner, WorkerRunner

from loadtests.options import options_of
from loadtests.report import table
from loadtests.runner import progress
from loadtests.runner.conclusion import Conclusion, conclude
from loadtests.runner.coordinator import Coordinator
from loadtests.runner.http_client import Answer
from loadtests.runner.preflight import UnreachableError, preflight
from loadtests.runner.sender import Sender
from loadtests.runner.worker import Worker
from loadtests.setup import Options, Setup, UsageError, prepare

_log = logging.getLogger("outbound-load")

USAGE, UNJUDGED, INTERRUPTED = 4, 3, 130
_MOST_USERS = 100
"""Users of a process: each takes its part of the keys, and spawning more at once only makes Locust warn."""


class Engine:
    """One process of a run: coordinates it (the only process, or the master), does a share of it (the only one, or a worker)."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.conclusion: Conclusion | None = None
        self.failed = False
        self._own = options_of(environment)
        self._coordinator: Coordinator | None = None
        self._worker: Worker | None = None
        self._greenlets: list[Any] = []
        self._users = 0
        runner: Any = environment.runner
        self._runner = runner
        self._request: Any = environment.events.request
        self.coordinates = isinstance(runner, LocalRunner | MasterRunner)
        if self.coordinates:
            runner.register_message("outbound-report", lambda msg, **_: self._heard(msg.data))
        if isinstance(runner, LocalRunner | WorkerRunner):
            runner.register_message("outbound-share", lambda msg, **_: self._share(msg.data))
            runner.register_message("outbound-phase", lambda msg, **_: self._phase(msg.data))

    # The conducting side.

    def ready(self, web_ui: Any) -> None:
        """Locust is there: check what the run is told, and without a web page ask the target. Ends the program otherwise."""
        # An interrupt ends the run as it should: gevent need not tell of it as of an error.
        gevent.get_hub().NOT_ERROR += (KeyboardInterrupt,)
        try:
            setup = prepare(options_of(self.environment))
            self.environment.host = setup.target.base_url
            if web_ui is None:
                self._get_ready(setup)
            else:
                web_ui.app.add_url_rule("/load.html", view_func=self._page)
        except (UsageError, UnreachableError) as error:
            _complain(error)
            sys.exit(UNJUDGED if isinstance(error, UnreachableError) else USAGE)

    def start(self) -> None:
        """A test starts. From the web page: with what its fields say, and what is wrong with them ends it at once."""
        self.failed = False
        if self._coordinator and not self.conclusion:
            return
        try:
            self._get_ready(prepare(options_of(self.environment)))
        except (UsageError, UnreachableError) as error:
            self.failed = True
            self._coordinator = None
            # Locust's page shows what is logged.
            _log.error("%s", error)

    def _get_ready(self, setup: Setup) -> None:
        _make_folder(setup.options.report)
        ledger = setup.ledger()
        skew = preflight(setup, ledger)
        self.conclusion = None
        self._coordinator = Coordinator(setup, self, ledger, skew)

    def _page(self) -> Any:
        """The last run's report, for Locust's web page."""
        report = self._own.report
        page = Path(report) / "load.html" if report else None
        if page is None or not page.exists():
            return ("No report: none was asked for with --report, or no run has ended.\n", 404)
        return page.read_text("utf-8")

    def spawned(self) -> None:
        """All users are there: begin."""
        if self._coordinator and not self._greenlets:
            self._greenlets = [
                gevent.spawn(self._coordinator.run, self._over),
                gevent.spawn(progress.show, self._coordinator),
            ]

    def users(self) -> int | None:
        """How many users the run needs: each process the same number, whoever gets which. None: the run is over."""
        if self._runner.state == STATE_INIT:
            self._users = 0
        elif self.conclusion or self.failed:
            return None
        if not self._users:
            processes = len(self.members()) or 1
            self._users = processes * min(_MOST_USERS, -(-self._keys() // processes))
        return self._users

    def _keys(self) -> int:
        try:
            return len(prepare(options_of(self.environment)).keys)
        except UsageError:
            return 1  # which is told when the test starts

    def members(self) -> Sequence[str]:
        """The processes that send."""
        if isinstance(self._runner, MasterRunner):
            clients = self._runner.clients
            return [client.id for client in clients.ready + clients.spawning + clients.running]
        return ["local"]

    def tell(self, member: str, kind: str, data: dict[str, Any]) -> None:
        """Send a message to one of them."""
        self._runner.send_message(f"outbound-{kind}", data, member)

    def stop(self, *, interrupted: bool) -> None:
        """The run is over: judge it, once. What is judged of an interrupted one is what had been measured."""
        if self.conclusion or not self._coordinator:
            return
        if self._worker:
            self._worker.flush()
        for greenlet in self._greenlets:
            if greenlet is not gevent.getcurrent():
                greenlet.kill(block=True, timeout=1)
        self._greenlets = []
        if interrupted:
            self._coordinator.given_up = "interrupted"
        self.conclusion = conclude(self._coordinator, self.environment, time.time())
        self.environment.process_exit_code = INTERRUPTED if interrupted else self.conclusion.verdict.exit_code

    def tell_verdict(self) -> None:
        """Print the verdict, where there is one."""
        if self.conclusion:
            width = min(130, shutil.get_terminal_size((100, 24)).columns)
            told = table(self.conclusion.verdict, self.conclusion.ledger, width=width)
            # A run from the web page ends long before the program does, whose output may go to a pipe or a file.
            print(*filter(None, (self.conclusion.report, told)), sep="\n", flush=True)

    def _over(self) -> None:
        self.stop(interrupted=False)
        if self._is_headless:
            self._runner.quit()
        else:
            self._runner.stop()
            self.tell_verdict()

    def _heard(self, report: dict[str, Any]) -> None:
        if self._coordinator:
            self._coordinator.heard(report)

    # The side that sends.

    def work(self) -> None:
        """What a user does, until it is stopped: its part of each phase."""
        while self._worker is None:
            gevent.sleep(0.01)
        self._worker.work()

    def users_stopped(self) -> None:
        """The users were stopped: report what has not been reported. On the web page somebody may have stopped the run."""
        if self._worker:
            self._worker.flush()
            self._worker.end()
            self._worker = None
        if self.coordinates and not self.conclusion and not self._is_headless:
            self.stop(interrupted=True)
            self.tell_verdict()

    @property
    def _is_headless(self) -> bool:
        return bool(getattr(self.environment.parsed_options, "headless", False))

    def _share(self, data: dict[str, Any]) -> None:
        try:
            setup = prepare(self._options_of_share())
            if setup.fingerprint != data["fingerprint"]:
                raise UsageError("its --target or --keys differ from the master's")  # noqa: TRY301 - told as `prepare`'s are
        except UsageError as error:
            self._report({"error": str(error)})
            return
        sender = Sender(setup.target.base_url, setup.secrets, setup.ledger(), self._tell_statistics)
        self._worker = Worker(setup, sender, data["share"], data["of"], self._report)

    def _options_of_share(self) -> Options:
        """The master's options as Locust handed them on, but for what only this host can know: where its files are."""
        given = options_of(self.environment)
        own = self._own
        return replace(given, target=own.target or given.target, keys=own.keys or given.keys)

    def _phase(self, data: dict[str, Any]) -> None:
        if self._worker:
            self._worker.begin(data["number"], data["added"], self._runner.user_count)

    def _report(self, report: dict[str, Any]) -> None:
        self._runner.send_message("outbound-report", report)

    def _tell_statistics(self, name: str, answer: Answer, wrong: str | None) -> None:
        self._request.fire(
            request_type="GET",
            name=name,
            response_time=(answer.answered - answer.sent) * 1000,
            response_length=answer.size,
            exception=RuntimeError(wrong) if wrong else None,
            context={},
        )


def _make_folder(report: str | None) -> None:
    """Have a folder for the report before anything is sent, not after. Raises UsageError."""
    if not report:
        return
    try:
        Path(report).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--report: {error.strerror}: {error.filename}") from None
    if not os.access(report, os.W_OK):
        raise UsageError(f"--report: {report} cannot be written to")


def _complain(error: Exception) -> None:
    print(f"outbound-load: {error}", file=sys.stderr)

"""The coordinating side of Locust: the only process, or the master. It begins a run, ends it once, and tells the verdict."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import gevent
from gevent.lock import RLock
from locust import log
from locust.dispatch import UsersDispatcher
from locust.env import Environment
from locust.runners import STATE_INIT, MasterRunner, WorkerNode

from conformance.outcome import EXIT_NOT_JUDGED, EXIT_USAGE
from conformance.report.text import lasted
from loadtests.options import options_of
from loadtests.report import table
from loadtests.report.output import check_folder, say, say_first, say_last, width
from loadtests.runner import progress
from loadtests.runner.conclusion import Conclusion, conclude
from loadtests.runner.coordinator import Coordinator
from loadtests.runner.interrupts import ENDING, INTERRUPTED, ProcessEnd
from loadtests.runner.key_claims import claimed
from loadtests.runner.ports import check_port
from loadtests.runner.preflight import UnreachableError, preflight
from loadtests.runner.web_guard import guard
from loadtests.runner.worker import Worker
from loadtests.setup import Setup, UsageError, prepare
from spec import REST

_log = logging.getLogger("outbound-load")

_MOST_USERS = 100
"""The most users of a process. Each takes a part of the keys; Locust warns if more are spawned at once."""


class FixedWorkers(UsersDispatcher):
    """Gives users to the workers that are there when a run begins. One that comes later waits for the next run."""

    def add_worker(self, worker_node: WorkerNode) -> None:
        """Leave the users where they are: who came late gets no share of the keys either."""


class Master:
    """Coordinates runs: one from the command line, or one after another from Locust's web page.

    `worker` is the sending side where this is the only process.
    """

    def __init__(self, environment: Environment, worker: Worker | None) -> None:
        self.environment = environment
        self.conclusion: Conclusion | None = None
        self._worker = worker
        runner: Any = environment.runner
        self._runner = runner
        self._coordinator: Coordinator | None = None
        self._greenlets: list[Any] = []
        self._users = 0
        self._chosen: Sequence[str] = ()
        self._ending = False
        self._told: Conclusion | None = None
        self._judging = RLock()
        self._claims = ExitStack()
        self._used: dict[str, float] = {}
        self._runner.register_message("outbound-report", lambda msg, **_: self._heard(msg.data))
        events: Any = environment.events
        events.spawning_complete.add_listener(lambda **_: self._begin())
        events.test_stop.add_listener(lambda **_: self._users_stopped())
        events.quitting.add_listener(lambda **_: self._settle())
        events.quit.add_listener(lambda **_: self.tell_verdict())
        self._end = ProcessEnd(events)
        environment.dispatcher_class = FixedWorkers

    def start(self, web_ui: Any = None) -> None:
        """Check the options and ask the target (with a web page: when a run begins). Ends the program if either fails."""
        # An interrupt ends the run as it should, so gevent must not report it as an error.
        gevent.get_hub().NOT_ERROR += (KeyboardInterrupt,)
        try:
            setup = prepare(options_of(self.environment))
            check_folder(setup.options.report)
            self.environment.host = setup.target.base_url
            self._end_on_signals()
            if web_ui is None:
                say_first(f"{setup.scenario.name} on {setup.target.base_url}: about {lasted(setup.seconds)}")
                self._get_ready(setup)
                self._say_who_is_waited_for()
            else:
                check_port("--web-port", web_ui.host, web_ui.port)
                guard(web_ui, setup.options.report)
        except (UsageError, UnreachableError) as error:
            say(f"outbound-load: {error}", sys.stderr)
            sys.exit(EXIT_NOT_JUDGED if isinstance(error, UnreachableError) else EXIT_USAGE)

    def users(self) -> int | None:
        """The number of users that the run needs, the same for each process. None once the run is over.

        Locust asks for it before a run begins, and every second in it.
        """
        if self._runner.state == STATE_INIT:
            self._users = 0
            if self.conclusion or not self._coordinator:
                self._get_ready_again()
        if self.conclusion or not self._coordinator:
            return None
        if not self._users:
            self._chosen = self._connected()
            processes = len(self._chosen) or 1
            self._users = processes * min(_MOST_USERS, -(-len(self._coordinator.setup.keys) // processes))
        return self._users

    def members(self) -> Sequence[str]:
        """The processes that send: those that were there when the run began, and still are."""
        return [member for member in self._connected() if member in self._chosen]

    def _connected(self) -> Sequence[str]:
        if isinstance(self._runner, MasterRunner):
            clients = self._runner.clients
            return [client.id for client in clients.ready + clients.spawning + clients.running]
        return ["local"]

    def tell(self, member: str, kind: str, data: dict[str, Any]) -> None:
        """Send a message to one of them."""
        self._runner.send_message(f"outbound-{kind}", data, member)

    def stop(self, *, interrupted: bool) -> None:
        """Judge the run, once. Of an interrupted run, what had been measured is judged."""
        with self._judging:
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
            self._note_use(self._coordinator.setup)
            self._claims.close()
            self.environment.process_exit_code = INTERRUPTED if interrupted else self.conclusion.verdict.exit_code

    def tell_verdict(self) -> None:
        """Print the verdict if there is one, once."""
        if self.conclusion and self.conclusion is not self._told:
            self._told = self.conclusion
            told = table(self.conclusion.verdict, self.conclusion.ledger, width=width())
            # A run from the web page ends long before the program, whose output may go to a pipe or a file.
            say_last("\n".join(filter(None, (self.conclusion.report, told))))

    def _settle(self) -> None:
        """Judge a run that is still under way, and leave Locust no exit code to choose: its own are 1 and 2."""
        self.stop(interrupted=True)
        if self.environment.process_exit_code is None:
            self.environment.process_exit_code = EXIT_NOT_JUDGED if log.unhandled_greenlet_exception else 0

    def _say_who_is_waited_for(self) -> None:
        options: Any = self.environment.parsed_options
        if isinstance(self._runner, MasterRunner) and not options.processes:
            say(f"waiting for workers, {options.expect_workers}, at port {options.master_bind_port}", sys.stderr)

    def _get_ready(self, setup: Setup) -> None:
        self._claims.close()
        self._claims.enter_context(claimed(setup))
        ledger = setup.ledger()
        self._note_use(setup)
        skew = preflight(setup, ledger)
        self.conclusion = None
        self._coordinator = Coordinator(setup, self, ledger, skew)

    def _get_ready_again(self) -> None:
        """Get ready for a run from the web page, with the options in its fields. The page shows what is wrong with them."""
        self._coordinator = None
        if not self._connected():
            _log.error("no worker is there: start one with --worker")
            return
        try:
            self._get_ready(self._set_up_again())
        except (UsageError, UnreachableError) as error:
            _log.error("%s", error)

    def _set_up_again(self) -> Setup:
        """The set-up of a run from the web page. Keys that this process has just used are not rested, whatever the page says."""
        setup = prepare(options_of(self.environment))
        rested_since = time.monotonic() - REST
        if any(self._used.get(secret, rested_since) > rested_since for secret in setup.secrets):
            # Workers plan the run by these options, too.
            vars(self.environment.parsed_options)["rested"] = False
            setup = prepare(options_of(self.environment))
        return setup

    def _note_use(self, setup: Setup) -> None:
        secrets = (*setup.secrets, setup.preflight_key.secret)
        self._used.update(dict.fromkeys(secrets, time.monotonic()))

    def _begin(self) -> None:
        """Begin the run: all users are there."""
        if self._coordinator and not self._greenlets:
            # Locust would share the users out anew when a worker joins, and end some that are at work. That worker waits for the
            # next run.
            self._runner._users_dispatcher = None
            self._greenlets = [
                gevent.spawn(self._coordinator.run, self._over),
                gevent.spawn(progress.show, self._coordinator),
            ]
            self._greenlets[0].link_exception(self._failed)

    def _over(self) -> None:
        self.stop(interrupted=False)
        if self._is_headless:
            self._runner.quit()
        else:
            self._runner.stop()
            self.tell_verdict()

    def _failed(self, greenlet: Any) -> None:
        """End the program after an internal error, with a line that says so."""
        say(f"outbound-load: the run could not be judged: {greenlet.exception!r}", sys.stderr)
        self.environment.process_exit_code = EXIT_NOT_JUDGED
        self._coordinator = None
        self._runner.quit()

    def _heard(self, report: dict[str, Any]) -> None:
        if self._coordinator:
            self._coordinator.heard(report)

    def _users_stopped(self) -> None:
        """Judge a run that was stopped from the web page before it was over."""
        if not self.conclusion and not self._is_headless:
            self.stop(interrupted=True)
            self.tell_verdict()

    @property
    def _is_headless(self) -> bool:
        return bool(getattr(self.environment.parsed_options, "headless", False))

    def _end_on_signals(self) -> None:
        """End the run on SIGINT, SIGTERM and SIGHUP, also while the master waits for workers."""
        for number in ENDING:
            # Once its page is up, Locust itself ends on SIGTERM.
            if self._is_headless or number != signal.SIGTERM:
                gevent.signal_handler(number, self._interrupted)

    def _interrupted(self) -> None:
        if self._ending:
            os._exit(INTERRUPTED)
        self._ending = True
        # Nothing runs: the signal closes the web page, and the last verdict stays.
        if self._is_headless or (self._coordinator and not self.conclusion):
            self.environment.process_exit_code = INTERRUPTED
        self.stop(interrupted=True)
        self._runner.quit()
        self.tell_verdict()
        self._end.exit(self.environment.process_exit_code or 0)

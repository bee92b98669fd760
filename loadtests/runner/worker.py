"""A process that sends. It gets a share of the keys from the master, carries out each phase, and reports the results."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gevent
from gevent.queue import Queue
from locust.env import Environment
from locust.runners import MASTER_HEARTBEAT_TIMEOUT

from conformance.outcome import EXIT_NOT_JUDGED
from loadtests.options import options_of, own_options
from loadtests.report.output import say
from loadtests.runner.generator_cost import CostMeter
from loadtests.runner.http_client import TimedAnswer
from loadtests.runner.interrupts import ENDING, INTERRUPTED, ProcessEnd
from loadtests.runner.schedule import Job, run_schedule, run_sessions, run_together
from loadtests.runner.sender import Sender
from loadtests.scenarios.plan import Phase
from loadtests.setup import Options, Setup, UsageError, prepare
from spec.target import TargetError, load

_REPORT_EVERY = 2.0
_LOOK_AGAIN = 0.01
_LINGER = 1_000
"""How many milliseconds a worker that ends tries to send its last messages."""

Report = Callable[[dict[str, Any]], None]


class Worker:
    """The sending side of Locust: the only process, or a worker. The master's messages tell it what to do."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        runner: Any = environment.runner
        events: Any = environment.events
        self._runner = runner
        self._request = events.request
        self._own = own_options()
        self._share: Share | None = None
        self._ending = False
        self._runner.register_message("outbound-share", lambda msg, **_: self._take_share(msg.data))
        self._runner.register_message("outbound-phase", lambda msg, **_: self._begin_phase(msg.data))
        events.test_stop.add_listener(lambda **_: self.stop())
        events.quitting.add_listener(lambda **_: self._note_lost_master())
        self._end = ProcessEnd(events)
        if client := getattr(runner, "client", None):
            client.socket.linger = _LINGER  # without a bound it would wait for ever for a master that has died

    def work(self) -> None:
        """Carry out a user's part of each phase, until the user is stopped."""
        while self._share is None:
            gevent.sleep(_LOOK_AGAIN)
        self._share.work()

    def flush(self) -> None:
        """Report what was not reported yet."""
        if self._share:
            self._share.flush()

    def stop(self) -> None:
        """Report the rest, and give the share back: the users were stopped."""
        if self._share:
            self._share.flush()
            self._share.end()
            self._share = None

    def end_on_signals(self) -> None:
        """End a worker process on SIGINT, SIGTERM and SIGHUP. What it has measured is reported first."""
        for number in ENDING:
            gevent.signal_handler(number, self._interrupted)

    def _note_lost_master(self) -> None:
        """Locust ends a worker that hears no more of its master as it ends one that the master has let go."""
        heard = getattr(self._runner, "last_heartbeat_timestamp", None)
        if heard and heard < time.time() - MASTER_HEARTBEAT_TIMEOUT:
            self._environment.process_exit_code = EXIT_NOT_JUDGED

    @property
    def _is_fork(self) -> bool:
        return bool(getattr(self._environment.parsed_options, "processes", None))

    def _interrupted(self) -> None:
        if self._ending:
            os._exit(INTERRUPTED)
        self._ending = True
        # The master ends the processes that it has forked, and tells how the run ended.
        code = 0 if self._is_fork else INTERRUPTED
        self._environment.process_exit_code = code
        self.stop()
        self._runner.quit()
        self._end.exit(code)

    def _take_share(self, data: dict[str, Any]) -> None:
        """Take a share, and confirm it. The master sends it again until it is confirmed."""
        if self._share is None and not self._prepare_share(data):
            return
        self._report({"taken": data["share"]})

    def _prepare_share(self, data: dict[str, Any]) -> bool:
        try:
            _check_version(data.get("version"))
            setup = self._prepared(data["fingerprint"])
        except UsageError as error:
            self._report({"trouble": f"a worker cannot do its share: {error}"})
            return False
        sender = Sender(
            setup.target.base_url, setup.secrets, setup.ledger(), self._tell_statistics, looks=setup.scenario.judges
        )
        self._share = Share(setup, sender, data["share"], data["of"], self._report)
        return True

    def _prepared(self, fingerprint: object) -> Setup:
        """The set-up of the run. Raises UsageError if it is not the master's."""
        setup = prepare(self._options())
        if setup.fingerprint != fingerprint:
            raise UsageError("its --target or --keys differ from the master's")
        self._tell_address(setup)
        return setup

    def _tell_address(self, setup: Setup) -> None:
        """Say so if a worker that was started by itself names another address than its master."""
        if not self._own.target or self._is_fork or not hasattr(self._runner, "client"):
            return
        with suppress(TargetError):
            own = load(Path(self._own.target), api_key=setup.secrets[0]).base_url
            if own != setup.target.base_url:
                told = f"requests go to {setup.target.base_url}, as the master says, and not to {own}"
                say(f"outbound-load: {told}", sys.stderr)

    def _options(self) -> Options:
        """The master's options, with this host's own paths of `--target` and `--keys` where they were given."""
        given = options_of(self._environment)
        return replace(given, target=self._own.target or given.target, keys=self._own.keys or given.keys)

    def _begin_phase(self, data: dict[str, Any]) -> None:
        if self._share:
            self._share.begin(data["number"], data["added"], self._runner.user_count)

    def _report(self, report: dict[str, Any]) -> None:
        self._runner.send_message("outbound-report", report)

    def _tell_statistics(self, name: str, answer: TimedAnswer, wrong: str | None) -> None:
        self._request.fire(
            request_type="GET",
            name=name,
            response_time=(answer.answered - answer.sent) * 1000,
            response_length=answer.size,
            exception=RuntimeError(wrong) if wrong else None,
            context={},
        )


def _check_version(masters: object) -> None:
    """Raise UsageError if the master is of another version: it may plan, or count, in another way."""
    own = version("outbound-conformance")
    if masters != own:
        raise UsageError(f"it is of version {own}, and the master of {masters or 'an older one'}")


class Share:
    """A process's share of a run: the keys whose index modulo `of` is `share`. A key belongs to one process."""

    def __init__(self, setup: Setup, sender: Sender, share: int, of: int, report: Report) -> None:
        self._setup = setup
        self._sender = sender
        self._share, self._of = share, of
        self._report = report
        self._jobs: Queue[Job] = Queue()
        self._open = 0
        self._phase = -1
        self._meter = CostMeter()
        self._reporter = gevent.spawn(self._report_at_intervals)

    def work(self) -> None:
        """Carry out the parts of a phase one after another, until the user is stopped."""
        while True:
            job = self._jobs.get()
            job()
            self._open -= 1
            if not self._open:
                self._meter.stop()
                self._tell(done=True)

    def begin(self, number: int, added: float, users: int) -> None:
        """Begin a phase of the plan, its work divided among the users. `added`: seconds that the target's clock was moved by."""
        self._phase = number
        self._sender.clock.moved = added
        jobs = self._jobs_of(self._setup.plan.phases[number], time.monotonic())
        if not jobs:
            self._tell(done=True)
            return
        parts = [part for part in (jobs[user::users] for user in range(max(1, users))) if part]
        self._open = len(parts)
        self._meter.start()
        for part in parts:
            self._jobs.put(partial(run_together, part))

    def flush(self) -> None:
        """Report what was not reported yet, for a run that is cut short."""
        self._tell(done=False)

    def end(self) -> None:
        """End the reports, and close the connections."""
        self._reporter.kill(block=False)
        self._meter.stop()
        self._sender.close()

    def _jobs_of(self, phase: Phase, started: float) -> Sequence[Job]:
        jobs: list[Job] = [
            partial(run_schedule, schedule, self._sender, started)
            for schedule in phase.schedules
            if self._is_mine(schedule.key)
        ]
        if phase.crowd:
            jobs += [
                partial(run_sessions, place, phase.crowd, self._sender, started)
                for place, key in enumerate(phase.crowd.keys)
                if self._is_mine(key)
            ]
        return jobs

    def _is_mine(self, key: int) -> bool:
        return key % self._of == self._share

    def _report_at_intervals(self) -> None:
        while True:
            gevent.sleep(_REPORT_EVERY)
            if len(self._sender.ledger) or self._sender.trouble:
                self._tell(done=False)

    def _tell(self, *, done: bool) -> None:
        cost = self._meter.take()
        cost.requests = len(self._sender.ledger)
        report = {
            "share": self._share,
            "phase": self._phase,
            "done": done,
            "cost": cost.dump(),
            "ledger": self._sender.ledger.drain(),
        }
        self._report({**report, "trouble": self._sender.trouble} if self._sender.trouble else report)

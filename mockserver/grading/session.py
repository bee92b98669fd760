"""A whole grade: the plain run, the trials, and their judgement."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mockserver.api.response import problem_response
from mockserver.app import Settings, create_app
from mockserver.grading import runner
from mockserver.grading.deliveries import Maker
from mockserver.grading.receiver import STARTS_WITHIN, deliver, listens
from mockserver.grading.recording import Recorder
from mockserver.grading.records import CERTIFIED, PLAIN, RECEIVER, Exchange, Probe, Run
from mockserver.grading.report.words import run_ending
from mockserver.grading.rules.failures import LONGEST_SILENCE
from mockserver.grading.rules.key import UNTRUSTED
from mockserver.grading.sealing import Cursors, sealing
from mockserver.grading.serving import Serving
from mockserver.grading.trials import TRIALS, Stage, Trial
from mockserver.grading.verdict import Grade, LeftOut, rulings, why_not_graded
from mockserver.modifications.hardships import made
from mockserver.server import certificates
from mockserver.server.uvicorn_server import listen
from mockserver.webhooks.endpoints import mint_secret

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.app import Mock

HOST = "127.0.0.1"
CERTIFICATE_OF: Mapping[str, certificates.Kind] = {
    CERTIFIED: "good",
    "wrong-host": "wrong-host",
    "expired-certificate": "expired",
    "unknown-authority": "unknown-authority",
}
"""The kind of certificate that the server presents, by the trial."""

_FIRST_WAIT = 0.05
"""Seconds for which the plain run, which shows how connections are used, holds up the first request of each."""

Runner = Callable[[Sequence[str], Mapping[str, str], float], runner.Outcome]
"""(command, environment, time limit in seconds) → how the command ended. Raises CannotStart."""


@dataclass(frozen=True)
class Order:
    """The settings of a grade. `trials` are names, None for those for which the plain run has requests. Times are in seconds.

    `port` is the mock's, 0 for a free one; `patience` is how long a silent answer lasts, `run` runs the command.
    `receiver` is the URL at which the command takes deliveries; without `trials` it is then run for these alone.
    """

    command: tuple[str, ...]
    settings: Settings
    trials: Sequence[str] | None = None
    timeout: float = 600.0
    strict: bool = False
    port: int = 0
    patience: float = LONGEST_SILENCE
    run: Runner = runner.run
    receiver: str | None = None


@dataclass(frozen=True)
class GradeProgress:
    """Callbacks for the progress of a grade.

    `begins` gets a run's name, its number, and how many there are; `ended` the run; `remarks` what else is worth a line.
    `starts` is called before the command is started: from then on there is something to end in order.
    """

    begins: Callable[[str, int, int], None]
    ended: Callable[[Run], None]
    remarks: Callable[[str], None]
    starts: Callable[[], None] = lambda: None


def grade(order: Order, progress: GradeProgress) -> Grade:
    """Grade a command. Raises OSError if the port is taken."""
    return _Session(order, progress).grade()


class _Session:
    def __init__(self, order: Order, progress: GradeProgress) -> None:
        # All runs see the same data, so that a client may use cursors and ids of an earlier run.
        self._order = replace(order, settings=replace(order.settings, began=time.time()))
        self._progress = progress
        self._cursors = Cursors()
        self._runs: list[Run] = []
        self._of = 1
        self._certificates: certificates.Certificates | None = None
        self._left_out: list[LeftOut] = []
        self._files = ExitStack()

    def grade(self) -> Grade:
        started = datetime.now(UTC)
        interrupted, reason = False, ""
        try:
            with self._files:
                interrupted = any(run.ending == "interrupted" for run in self._all_runs())
        except KeyboardInterrupt:
            interrupted = True
        except runner.CannotStart as error:
            reason = str(error)
        return Grade(
            command=self._order.command,
            started=started,
            finished=datetime.now(UTC),
            runs=tuple(self._runs),
            rulings=rulings(self._runs, self._left_out),
            strict=self._order.strict,
            interrupted=interrupted,
            reason=reason or why_not_graded(self._runs),
        )

    def _all_runs(self) -> Iterator[Run]:
        if self._order.receiver:
            yield self._run(RECEIVER, None, self._order.receiver)
            if not self._order.trials or self._runs[-1].ending == "interrupted":
                return
        plain = self._run(PLAIN, None)
        yield plain
        if plain.ending == "interrupted" or why_not_graded(self._runs):
            return
        trials = self._trials(plain)
        self._of = len(self._runs) + len(trials)
        for trial in trials:
            if trial.over_tls and (reason := self._why_left_out(trial)):
                self._leave_out(trial, reason)
            else:
                yield self._run(trial.name, trial)

    def _trials(self, plain: Run) -> list[Trial]:
        if self._order.trials is not None:
            chosen = [TRIALS[name] for name in self._order.trials]
            over_tls = any(trial.over_tls for trial in chosen)
            return [TRIALS[CERTIFIED], *(one for one in chosen if one.name != CERTIFIED)] if over_tls else chosen
        return [trial for trial in TRIALS.values() if trial.shows_something(plain)]

    def _leave_out(self, trial: Trial, reason: str) -> None:
        if reason not in [one.reason for one in self._left_out]:
            self._progress.remarks(f"no trials with certificates that do not verify (KEY-4): {reason}")
        self._left_out.append(LeftOut(trial.name, reason))

    def _why_left_out(self, trial: Trial) -> str:
        """Why a trial over TLS would show nothing, in a sentence; empty if it shows something."""
        if self._left_out:
            return self._left_out[0].reason
        if trial.name == CERTIFIED:
            return self._why_no_certificates()
        certified = self._named(CERTIFIED)
        if certified is None or any(one.key for one in certified.exchanges):
            return ""
        return (
            f"the command sent no key to {CERTIFIED}, whose certificate verifies ({run_ending(certified)}): "
            f"have it trust the authority in the file that its environment names: {', '.join(certificates.TRUSTED_BY)}"
        )

    def _why_no_certificates(self) -> str:
        """Make the certificates. Returns why they cannot be made, empty if they were."""
        try:
            self._certificates = certificates.make(Path(self._files.enter_context(TemporaryDirectory())))
        except certificates.NoCertificates as error:
            return str(error)
        return ""

    def _run(self, name: str, trial: Trial | None, receiver: str | None = None) -> Run:
        self._progress.begins(name, len(self._runs) + 1, self._of)
        known = self._cursors.given()
        mock = create_app(self._settings(trial))
        started = time.monotonic()
        with ExitStack() as stack:
            elsewhere = self._elsewhere(mock, started, stack)
            recorder = self._recorder(mock, trial, elsewhere.url, started)
            kind = CERTIFICATE_OF.get(name)
            certificate = self._certificates.servers[kind] if self._certificates and kind else None
            listener = listen(HOST, self._order.port)
            serving = stack.enter_context(Serving(recorder, listener, lambda: mock.state, certificate))
            variables = environment(mock, serving.url)
            if self._certificates and certificate:
                variables = {**variables, **self._certificates.trusted()}
            self._progress.starts()
            probes: list[Probe] = []
            if receiver:
                outcome = self._receive(receiver, variables, probes)
            else:
                outcome = self._order.run(self._order.command, variables, self._order.timeout)
            run = Run(
                trial=name,
                exchanges=recorder.exchanges(),
                exit_code=outcome.exit_code,
                ending=outcome.ending,
                seconds=outcome.seconds,
                changes=recorder.changes(),
                elsewhere=elsewhere.seen(),
                cursors=known,
                plain=self._named(CERTIFIED if name in UNTRUSTED else PLAIN),
                probes=tuple(probes),
                unrecorded=recorder.unrecorded,
            )
        self._runs.append(run)
        self._progress.ended(run)
        return run

    def _receive(self, url: str, variables: Mapping[str, str], probes: list[Probe]) -> runner.Outcome:
        """Start the command, deliver to it once it listens, and end it."""
        secret, organization = variables["OUTBOUND_WEBHOOK_SECRET"], variables["OUTBOUND_ORGANIZATION_ID"]
        command = runner.Started(self._order.command, variables)
        try:
            if listens(url, command.is_alive, min(STARTS_WITHIN, self._order.timeout)):
                probes += deliver(url, Maker(secret, organization, time.time()).all(), command.is_alive)
        except KeyboardInterrupt:
            return command.end("interrupted")
        return command.end()

    def _named(self, name: str) -> Run | None:
        return next((run for run in self._runs if run.trial == name), None)

    def _settings(self, trial: Trial | None) -> Settings:
        if trial is None or trial.hardship is None:
            return self._order.settings
        hardship = made(*trial.hardship)
        return replace(self._order.settings, modifications=(*self._order.settings.modifications, hardship))

    def _recorder(self, mock: Mock, trial: Trial | None, elsewhere: str, started: float) -> Recorder:
        app = sealing(mock, mock.state.keys, self._cursors)
        if trial and trial.layer:
            plain = self._named(PLAIN)
            assert plain is not None, "the plain run comes before the trials"
            stage = Stage(plain, mock.state.keys, self._cursors, elsewhere, self._order.patience)
            app = trial.layer(stage)(app)
        return Recorder(app, mock.state.keys, started, 0.0 if trial else _FIRST_WAIT)

    def _elsewhere(self, mock: Mock, started: float, stack: ExitStack) -> _Elsewhere:
        recorder = Recorder(_nothing, mock.state.keys, started)
        serving = stack.enter_context(Serving(recorder, listen(HOST, 0), lambda: mock.state))
        return _Elsewhere(serving.url, recorder.exchanges)


@dataclass(frozen=True)
class _Elsewhere:
    """Another origin: its address, and the requests that it got."""

    url: str
    seen: Callable[[], tuple[Exchange, ...]]


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await problem_response(404, "Not Found", "There is nothing here.")(scope, receive, send)


def environment(mock: Mock, base_url: str) -> Mapping[str, str]:
    """The environment of the command: address, key, organization, and the secret that signs deliveries.

    An existing secret is kept, because the receiver may run elsewhere.
    """
    key = next(iter(mock.state.keys))
    return {
        "OUTBOUND_BASE_URL": base_url,
        "OUTBOUND_API_KEY": key.secret,
        "OUTBOUND_ORGANIZATION_ID": key.organization_id,
        "OUTBOUND_WEBHOOK_SECRET": os.environ.get("OUTBOUND_WEBHOOK_SECRET") or mint_secret(key.organization_id, 1),
    }

"""A grade from beginning to end: the plain run, the trials, the judgement of what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mockserver.api.response import problem_response
from mockserver.app import Settings, create_app
from mockserver.grading import runner
from mockserver.grading.recording import Recorder
from mockserver.grading.records import PLAIN, Exchange, Run
from mockserver.grading.rules.failures import LONGEST_SILENCE
from mockserver.grading.sealing import Cursors, sealing
from mockserver.grading.serving import Serving
from mockserver.grading.trials import TRIALS, Stage, Trial
from mockserver.grading.verdict import Grade, rulings, why_not_graded
from mockserver.modifications.hardships import made
from mockserver.server.uvicorn_server import listen

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.app import Mock

HOST = "127.0.0.1"

Runner = Callable[[Sequence[str], Mapping[str, str], float], runner.Outcome]
"""(command, environment, time limit in seconds) → how the command ended. Raises CannotStart."""


@dataclass(frozen=True)
class Order:
    """What is to be graded. `trials` are names, None for those that the plain run makes worthwhile. Times are in seconds.

    `port` is the mock's, 0 for a free one; `patience` is how long a silent answer lasts, `run` runs the command.
    """

    command: tuple[str, ...]
    settings: Settings
    trials: Sequence[str] | None = None
    timeout: float = 600.0
    strict: bool = False
    port: int = 0
    patience: float = LONGEST_SILENCE
    run: Runner = runner.run


@dataclass(frozen=True)
class Progress:
    """Whom to tell of what is under way: `begins` gets a run's name, its number, and how many there are; `ended` the run."""

    begins: Callable[[str, int, int], None]
    ended: Callable[[Run], None]


def grade(order: Order, progress: Progress) -> Grade:
    """Grade a command. Raises OSError if the port is taken."""
    return _Session(order, progress).grade()


class _Session:
    def __init__(self, order: Order, progress: Progress) -> None:
        # All runs see the same data, so that what one was given can be used in the next.
        self._order = replace(order, settings=replace(order.settings, began=time.time()))
        self._progress = progress
        self._cursors = Cursors()
        self._runs: list[Run] = []

    def grade(self) -> Grade:
        started = datetime.now(UTC)
        interrupted, reason = False, ""
        try:
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
            rulings=rulings(self._runs),
            strict=self._order.strict,
            interrupted=interrupted,
            reason=reason or why_not_graded(self._runs),
        )

    def _all_runs(self) -> Iterator[Run]:
        plain = self._run(None, 1, 1)
        yield plain
        if plain.ending == "interrupted" or why_not_graded(self._runs):
            return
        trials = self._trials(plain)
        for number, trial in enumerate(trials, 2):
            yield self._run(trial, number, 1 + len(trials))

    def _trials(self, plain: Run) -> list[Trial]:
        if self._order.trials is not None:
            return [TRIALS[name] for name in self._order.trials]
        return [trial for trial in TRIALS.values() if trial.shows_something(plain)]

    def _run(self, trial: Trial | None, number: int, of: int) -> Run:
        name = trial.name if trial else PLAIN
        self._progress.begins(name, number, of)
        known = self._cursors.given()
        started = time.monotonic()
        with ExitStack() as stack:
            mock = create_app(self._settings(trial))
            elsewhere = self._elsewhere(mock, started, stack)
            recorder = self._recorder(mock, trial, elsewhere.url, started)
            serving = stack.enter_context(Serving(recorder, listen(HOST, self._order.port), lambda: mock.state))
            outcome = self._order.run(self._order.command, environment(mock, serving.url), self._order.timeout)
            run = Run(
                trial=name,
                exchanges=recorder.exchanges(),
                exit_code=outcome.exit_code,
                ending=outcome.ending,
                seconds=outcome.seconds,
                changes=recorder.changes(),
                elsewhere=elsewhere.seen(),
                cursors=known,
                plain=self._runs[0] if self._runs else None,
            )
        self._runs.append(run)
        self._progress.ended(run)
        return run

    def _settings(self, trial: Trial | None) -> Settings:
        if trial is None or trial.hardship is None:
            return self._order.settings
        hardship = made(*trial.hardship)
        return replace(self._order.settings, modifications=(*self._order.settings.modifications, hardship))

    def _recorder(self, mock: Mock, trial: Trial | None, elsewhere: str, started: float) -> Recorder:
        app = sealing(mock, mock.state.keys, self._cursors)
        if trial and trial.layer:
            plain = self._runs[0]
            stage = Stage(plain, mock.state.keys, self._cursors, elsewhere, self._order.patience)
            app = trial.layer(stage)(app)
        return Recorder(app, mock.state.keys, started)

    def _elsewhere(self, mock: Mock, started: float, stack: ExitStack) -> _Elsewhere:
        recorder = Recorder(_nothing, mock.state.keys, started)
        serving = stack.enter_context(Serving(recorder, listen(HOST, 0), lambda: mock.state))
        return _Elsewhere(serving.url, recorder.exchanges)


@dataclass(frozen=True)
class _Elsewhere:
    """Another origin: its address, and what it was asked."""

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
    """What a command finds in its environment: address, key and organization."""
    key = next(iter(mock.state.keys))
    return {
        "OUTBOUND_BASE_URL": base_url,
        "OUTBOUND_API_KEY": key.secret,
        "OUTBOUND_ORGANIZATION_ID": key.organization_id,
    }

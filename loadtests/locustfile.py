"""The load tests as Locust runs them: `locust -f loadtests/locustfile.py --scenario burst --target target.toml --headless`."""

from __future__ import annotations

from typing import Any

import gevent
from locust import LoadTestShape, User, events, task
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from loadtests import options
from loadtests.runner.interrupts import end_with_parent
from loadtests.runner.launch import tell_in_a_line
from loadtests.runner.master import Master
from loadtests.runner.worker import Worker

_LOOK_AGAIN = 0.01
_workers: list[Worker] = []
_masters: list[Master] = []
"""The workers and masters of this process, filled once Locust has made its runner. A run in one process has one of each."""


class KeyHolder(User):
    """A part of this process's API keys, and their schedules."""

    @task
    def work(self) -> None:
        """Carry out this user's part, until the run is over. A master may start it before Locust has set this process up."""
        while not _workers:
            gevent.sleep(_LOOK_AGAIN)
        _workers[-1].work()


class WholeScenario(LoadTestShape):
    """The number of users that the scenario needs, until it is over."""

    def tick(self) -> tuple[int, float] | None:
        """The number of users and the spawn rate per second; None at the end."""
        users = _masters[-1].users()
        return None if users is None else (users, users)


end_with_parent()
tell_in_a_line()


@events.init_command_line_parser.add_listener
def _(parser: Any) -> None:
    options.add_to(parser)


@events.init.add_listener
def _(environment: Environment, web_ui: Any = None, **_: Any) -> None:
    if isinstance(environment.runner, LocalRunner | WorkerRunner):
        _workers.append(Worker(environment))
    if isinstance(environment.runner, LocalRunner | MasterRunner):
        _masters.append(Master(environment, _workers[-1] if _workers else None))
        _masters[-1].start(web_ui)
    else:
        environment.process_exit_code = 0
        _workers[-1].end_on_signals()

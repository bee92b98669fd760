"""The load tests as Locust runs them: `locust -f loadtests/locustfile.py --scenario burst --target target.toml --headless`."""

from __future__ import annotations

import sys
from typing import Any

from locust import LoadTestShape, User, events, task
from locust.env import Environment

from loadtests import options
from loadtests.runner import engine

_engines: list[engine.Engine] = []
"""The one of this process, once Locust has made its runner."""


class KeyHolder(User):
    """A part of this process's API keys, and their schedules."""

    @task
    def work(self) -> None:
        """Do one's part, until the run is over."""
        _engines[-1].work()


class WholeScenario(LoadTestShape):
    """As many users as the scenario needs, until it has come to its end."""

    def tick(self) -> tuple[int, float] | None:
        """Users, and how many of them a second; None at the end."""
        users = _engines[-1].users()
        return None if users is None else (users, users)


@events.init_command_line_parser.add_listener
def _(parser: Any) -> None:
    options.add_to(parser)


@events.init.add_listener
def _(environment: Environment, web_ui: Any = None, **_: Any) -> None:
    mine = engine.Engine(environment)
    _engines.append(mine)
    if not mine.coordinates:
        environment.process_exit_code = 0
        return
    mine.ready(web_ui)


@events.test_start.add_listener
def _(**_: Any) -> None:
    if _engines[-1].coordinates:
        _engines[-1].start()


@events.spawning_complete.add_listener
def _(**_: Any) -> None:
    if _engines[-1].coordinates:
        _engines[-1].spawned()


@events.test_stop.add_listener
def _(**_: Any) -> None:
    _engines[-1].users_stopped()


@events.quitting.add_listener
def _(**_: Any) -> None:
    if _engines[-1].coordinates:
        _engines[-1].stop(interrupted=True)


@events.quit.add_listener
def _(**_: Any) -> None:
    if _engines[-1].coordinates:
        _engines[-1].tell_verdict()
        sys.stdout.flush()

"""The options of a run on Locust's command line, which its web page shows as fields."""

from __future__ import annotations

from typing import Any

from locust import argument_parser
from locust.env import Environment

from loadtests.scenarios import scenarios
from loadtests.scenarios.generator import SCENARIO as GENERATOR
from loadtests.setup import READINGS, Options

_DEFAULT = Options()


def add_to(parser: Any) -> None:
    """Add the options to Locust's parser. No option with a field on the web page changes where load may be sent."""
    # They stand in no group: only the parser itself knows of Locust's web page.
    hidden = {"include_in_web_ui": False}
    names = list(scenarios())
    parser.add_argument(
        "--scenario", choices=names, default=_DEFAULT.scenario, help=f"What to try: {', '.join(names)}."
    )
    parser.add_argument("--minutes", type=float, default=0.0, help="Minutes the scenario lasts; 0: its own length.")
    parser.add_argument("--real-time", action="store_true", help="Wait in real time, also with a test clock.")
    parser.add_argument("--rested", action="store_true", help="The keys were not used for two minutes.")
    parser.add_argument("--strict", action="store_true", help="A broken should breaks the verdict as well.")
    parser.add_argument(
        "--crowd-rate", type=float, default=0.0, help="Requests a second that a crowd asks for; 0: all that keys may."
    )
    parser.add_argument(
        "--crowd-p99", type=float, default=_DEFAULT.crowd_p99, help="Seconds of p99 latency that break a crowd."
    )
    parser.add_argument(
        "--crowd-errors", type=float, default=_DEFAULT.crowd_errors, help="Share of errors that breaks a crowd."
    )
    parser.add_argument(
        "--rate-reading",
        choices=["", *READINGS],
        default="",
        help="The reading of the limits that binds the target; empty: its own.",
    )
    parser.add_argument(
        "--target", metavar="FILE", env_var="OUTBOUND_TARGET", help="The target's description.", **hidden
    )
    parser.add_argument("--keys", metavar="FILE", help="Further API keys: a key and its organization a line.", **hidden)
    parser.add_argument(
        "--allow-host", metavar="HOST", action="append", help="A target that is not this machine.", **hidden
    )
    parser.add_argument("--measure", action="store_true", help="Measure the generator itself.", **hidden)
    parser.add_argument("--report", metavar="DIR", help="Where load.json and load.html are written.", **hidden)


def options_of(environment: Environment) -> Options:
    """The options as they stand now: from the command line, from the master, or from the fields of the web page."""
    return _read(environment.parsed_options, environment.host or None)


def own_options() -> Options:
    """The options of this process's command line. A master may have sent others before a worker looks at its own."""
    return _read(argument_parser.get_parser().parse_args(), None)


def _read(found: Any, base_url: str | None) -> Options:
    return Options(
        scenario=GENERATOR.name if found.measure else found.scenario,
        base_url=base_url,
        target=found.target,
        keys=found.keys,
        allow_hosts=tuple(found.allow_host or ()),
        minutes=found.minutes,
        rate_reading=found.rate_reading or "",
        real_time=found.real_time,
        rested=found.rested,
        strict=found.strict,
        crowd_rate=found.crowd_rate,
        crowd_p99=found.crowd_p99,
        crowd_errors=found.crowd_errors,
        report=found.report,
    )

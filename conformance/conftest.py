"""The gate's options and fixtures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import commands
from conformance.client import Caller, Client
from conformance.clock import TargetClock
from conformance.embedded import EmbeddedMock, EmbeddedMockError
from conformance.estate import Estate
from conformance.ledger import Ledger
from conformance.target import Target, TargetError, load
from conformance.verdict import Judge, VerdictPlugin

_JUDGE = pytest.StashKey[Judge]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The gate's options; `--base-url` is pytest-base-url's, `--strict` pytest's own: a broken should then fails the run."""
    group = parser.getgroup(
        "outbound", "the Outbound API conformance gate (with --base-url URL, and --strict: shoulds bind too)"
    )
    add = group.addoption
    add("--target", type=Path, metavar="FILE", help="description of the target (TOML)")
    add("--api-key", metavar="KEY", help="an API key of the primary organization (default: $OUTBOUND_API_KEY)")
    add("--report", type=Path, metavar="DIR", help="write report.json into this folder")
    add("--require-all", action="store_true", help="a requirement that could not be tested fails the run")
    add(
        "--rate-reading",
        choices=("auto", "burst", "strict"),
        help="the reading of the rate limits that binds the target",
    )
    add("--real-time", action="store_true", help="wait in real time even where the target has a test clock")
    add(
        "--fuzz", type=int, default=3, metavar="N", help="schema-driven cases for each operation (default: %(default)s)"
    )
    add("--seed", type=int, default=1, metavar="N", help="seed of every random choice (default: %(default)s)")
    add(
        "--mock-options",
        default="",
        metavar="OPTIONS",
        help="options for the embedded mock, such as '--rate-reading strict'",
    )
    add("--no-preflight", action="store_true", help="run every check even though the target serves nothing")


def pytest_configure(config: pytest.Config) -> None:
    """Read the target's description, or start the embedded mock, and look whether there is something to judge."""
    config.addinivalue_line("markers", "requirement(id, needs, whole_run): the requirement that a check judges")
    if config.option.help or config.option.version or config.option.markers:
        return
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("the gate keeps one target's pace in one process: run it without -n")
    judge = _judge(config, _target(config))
    config.stash[_JUDGE] = judge
    config.pluginmanager.register(VerdictPlugin(judge), "outbound-verdict")


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is judged, and under which seed."""
    judge = config.stash[_JUDGE]
    return f"target: {judge.target.base_url}, seed: {judge.seed}"


def _target(config: pytest.Config) -> Target:
    option = config.option
    base_url = option.base_url or config.getini("base_url") or None
    api_key = option.api_key or os.environ.get("OUTBOUND_API_KEY")
    try:
        if base_url or option.target:
            return load(option.target, base_url=base_url, api_key=api_key)
        mock = EmbeddedMock(option.mock_options)
        config.add_cleanup(mock.stop)
        return load(mock.description)
    except (TargetError, EmbeddedMockError) as error:
        raise pytest.UsageError(str(error)) from None


def _judge(config: pytest.Config, target: Target) -> Judge:
    option = config.option
    advance = None if option.real_time else target.hooks.advance_clock
    clock = TargetClock((lambda seconds: _advance(advance, seconds)) if advance else None)
    client = Client(target, clock, lambda line: _show(config, line))
    ledger = Ledger(strict=bool(config.getini("strict")), require_all=option.require_all)
    return Judge(target, client, ledger, option.seed, option.report)


def _advance(command: str, seconds: int) -> None:
    commands.run(command, seconds=seconds)


def _show(config: pytest.Config, line: str) -> None:
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        config.get_terminal_writer().line(f"\n  {line}", flush=True)


@pytest.fixture(scope="session")
def judge(request: pytest.FixtureRequest) -> Judge:
    """The run: target, client, ledger, and notes for what was measured."""
    return request.config.stash[_JUDGE]


@pytest.fixture(scope="session")
def target(judge: Judge) -> Target:
    """What is known of the implementation under test."""
    return judge.target


@pytest.fixture(scope="session")
def client(judge: Judge) -> Client:
    """The way to the wire."""
    return judge.client


@pytest.fixture(scope="session")
def clock(client: Client) -> TargetClock:
    """The target's clock."""
    return client.clock


@pytest.fixture(scope="session")
def nobody(client: Client) -> Caller:
    """A caller without a key."""
    return client.nobody


@pytest.fixture(scope="session")
def primary(client: Client, target: Target) -> Caller:
    """The primary organization, with its full keys."""
    return client.caller("organizations.primary.api_keys", target.organizations.primary.api_keys)


@pytest.fixture(scope="session")
def secondary(client: Client, target: Target) -> Caller:
    """The secondary organization, with its full keys; for checks that need `organizations.secondary`."""
    return client.caller("organizations.secondary.api_keys", target.organizations.secondary.api_keys)


@pytest.fixture(scope="session")
def estate(primary: Caller) -> Estate:
    """What the primary organization holds."""
    return Estate(primary, "primary")


@pytest.fixture(scope="session")
def neighbour(secondary: Caller) -> Estate:
    """What the secondary organization holds; for checks that need `organizations.secondary`."""
    return Estate(secondary, "secondary")


@pytest.fixture(scope="session")
def seed(judge: Judge) -> int:
    """The seed of every random choice."""
    return judge.seed


@pytest.fixture(scope="session")
def fuzz(request: pytest.FixtureRequest) -> int:
    """How many schema-driven cases each operation is given."""
    count: int = request.config.option.fuzz
    return count


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_open(client: Client) -> Iterator[None]:
    yield
    client.close()

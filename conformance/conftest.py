"""The gate's options and fixtures."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from conformance import commands, published, schemas
from conformance.client import Caller, Client, NoAnswer
from conformance.clock import TargetClock
from conformance.embedded import EmbeddedMock, EmbeddedMockError
from conformance.estate import Estate
from conformance.estimate import forecast
from conformance.known import KnownViolation, KnownViolationsError
from conformance.known import load as load_known
from conformance.ledger import Ledger
from conformance.probes.plugin import RateProbes
from conformance.probes.rulings import Measured
from conformance.report.text import writable
from conformance.selection import SelectionError, listing, select
from conformance.target import Target, TargetError, load
from conformance.verdict import Judge, VerdictPlugin

_SCHEMA_DRIVEN = "test_schema_driven.py"
_JUDGE = pytest.StashKey[Judge]()
_PROBES = "outbound-rate-probes"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The gate's options; `--base-url` is pytest-base-url's, `--strict` pytest's own: a broken should then fails the run."""
    group = parser.getgroup(
        "outbound",
        "the Outbound API conformance gate (with --base-url URL, or its own mock; --strict: shoulds bind too)",
    )
    add = group.addoption
    add("--target", type=Path, metavar="FILE", help="description of the target (TOML): its keys, hooks and webhooks")
    add("--api-key", metavar="KEY", help="an API key of the primary organization (default: $OUTBOUND_API_KEY)")
    add(
        "--only",
        action="append",
        default=[],
        metavar="FAMILY|ID",
        help="judge these alone, such as AUTH or PAGE-3 (repeatable, or separated by commas)",
    )
    add("--list", action="store_true", help="list the requirements and what each needs of the target, and end")
    add("--dry-run", action="store_true", help="estimate the requests, on which keys, and the time of a run, and end")
    add(
        "--report",
        type=Path,
        metavar="DIR",
        help="write report.html, report.json, junit.xml, exchanges.har and summary.md into this folder",
    )
    add(
        "--known-violations",
        type=Path,
        metavar="FILE",
        help="requirements that may be broken (TOML: [[violation]] id, reason, until); an entry out of date fails the run",
    )
    add("--require-all", action="store_true", help="a requirement that could not be tested fails the run")
    add(
        "--rate-reading",
        choices=("auto", "burst", "strict"),
        help="the reading of the rate limits that binds the target",
    )
    add(
        "--schema",
        choices=("spec", "published"),
        default="spec",
        help="the document that every 200 is judged by: the contract's, or the target's own (default: %(default)s)",
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


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Answer `--list` and `--dry-run`, which ask nothing of the target."""
    option = config.option
    if option.help or option.version or not (option.list or option.dry_run):
        return None
    described = _described(config)
    width = shutil.get_terminal_size().columns
    if option.list:
        lines = listing(_only(config), described, width)
    else:
        lines = forecast(_only(config), described, width, real_time=option.real_time)
    for line in lines:
        print(writable(line, sys.stdout.encoding))
    return 0


def pytest_configure(config: pytest.Config) -> None:
    """Read the target's description, or start the embedded mock; a usage error ends here, before any request."""
    config.addinivalue_line("markers", "requirement(id, needs, whole_run): the requirement that a check judges")
    if config.option.help or config.option.version or config.option.markers:
        return
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("the gate keeps one target's pace in one process: run it without -n")
    _end_in_order(config)
    judge = _judge(config)
    config.stash[_JUDGE] = judge
    config.pluginmanager.register(VerdictPlugin(judge), "outbound-verdict")
    config.pluginmanager.register(_probes(config, judge), _PROBES)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the schema-driven cases out where none are wanted (`--fuzz 0`)."""
    return True if collection_path.name == _SCHEMA_DRIVEN and not config.option.fuzz else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> bool | None:
    """Take the schemas from the target's own document where it is to be judged by that (`--schema published`)."""
    schemas.use(None)
    option = session.config.option
    if option.schema == "spec" or option.collectonly:
        return None
    judge = session.config.stash[_JUDGE]
    primary = judge.client.caller("organizations.primary.api_keys", judge.target.organizations.primary.api_keys)
    try:
        schemas.use(published.read(published.ask(primary)).as_contract())
    except (published.Unreadable, NoAnswer) as reason:
        judge.ledger.stop(judge.client.redactor.text(f"--schema published: {reason}"))
        return True
    return None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which gate judges what, and under which seed."""
    judge = config.stash[_JUDGE]
    address = judge.client.redactor.text(judge.target.base_url)
    about = f", only {', '.join(config.option.only)}" if judge.ledger.only else ""
    return [f"target: {address}, seed: {judge.seed}{about}", f"outbound-conformance {version('outbound-conformance')}"]


def _end_in_order(config: pytest.Config) -> None:
    # CI systems cancel a job with SIGTERM: it ends the run as Ctrl-C does, with its reports and without the mock left behind.
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)

        def restore() -> None:
            signal.signal(signal.SIGTERM, before)

        config.add_cleanup(restore)


def _described(config: pytest.Config) -> Target | None:
    """The target's description, None where the embedded mock is to be judged."""
    option = config.option
    base_url = option.base_url or config.getini("base_url") or None
    if not (base_url or option.target):
        return None
    try:
        return load(option.target, base_url=base_url, api_key=option.api_key or os.environ.get("OUTBOUND_API_KEY"))
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None


def _embedded(config: pytest.Config) -> Target:
    try:
        mock = EmbeddedMock(config.option.mock_options)
        config.add_cleanup(mock.stop)
        return load(mock.description)
    except (TargetError, EmbeddedMockError) as error:
        raise pytest.UsageError(str(error)) from None


def _only(config: pytest.Config) -> frozenset[str] | None:
    try:
        return select(config.option.only)
    except SelectionError as error:
        raise pytest.UsageError(f"--only: {error}") from None


def _known(config: pytest.Config) -> tuple[KnownViolation, ...]:
    path = config.option.known_violations
    try:
        return load_known(path) if path else ()
    except KnownViolationsError as error:
        raise pytest.UsageError(f"--known-violations: {error}") from None


def _report_folder(config: pytest.Config) -> Path | None:
    folder: Path | None = config.option.report
    try:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(f"--report: {folder}: {error.strerror}") from None
    return folder


def _judge(config: pytest.Config) -> Judge:
    option = config.option
    only, known, report = _only(config), _known(config), _report_folder(config)
    target = _described(config) or _embedded(config)
    advance = None if option.real_time else target.hooks.advance_clock
    clock = TargetClock((lambda seconds: _advance(advance, seconds)) if advance else None)
    try:
        client = Client(target, clock, lambda line: _show(config, line))
    except httpx.InvalidURL as error:
        raise pytest.UsageError(f"base_url: {error}") from None
    ledger = Ledger(strict=bool(config.getini("strict")), require_all=option.require_all, only=only, known=known)
    command = shlex.join(["pytest", *map(str, config.invocation_params.args)])
    return Judge(target, client, ledger, option.seed, report, command)


def _probes(config: pytest.Config, judge: Judge) -> RateProbes:
    reading = config.option.rate_reading or judge.target.rate_limit.reading
    return RateProbes(judge, reading, lambda line: _show(config, line))


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
def rates(request: pytest.FixtureRequest) -> Measured:
    """What the probes measured of the rate limit; waits for them."""
    probes = request.config.pluginmanager.get_plugin(_PROBES)
    assert isinstance(probes, RateProbes)
    return probes.measured()


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

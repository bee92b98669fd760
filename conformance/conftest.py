"""The gate's hooks and fixtures."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from conformance import options, setup
from conformance.cases.dataset import Dataset
from conformance.cases.depth import Depth
from conformance.cases.tables import Effort, effort
from conformance.options.values import explained, make, values
from conformance.oracles import published_document, schemas
from conformance.oracles.ownership import Identity, foreign
from conformance.rate_limits.measured import Measured
from conformance.rate_limits.plugin import RateProbes
from conformance.report.text import writable
from conformance.target.client import Caller, Client, NoAnswer
from conformance.target.clock import TargetClock
from conformance.target.safety import without_writes
from conformance.verdict.estimate import forecast
from conformance.verdict.interrupts import Interrupts
from conformance.verdict.ledger import Ledger
from conformance.verdict.plugin import Judge, VerdictPlugin
from conformance.verdict.selection import listing
from spec import surroundings
from spec.target import Target

_SCHEMA_DRIVEN = "test_schema_driven.py"
_JUDGE = pytest.StashKey[Judge]()
_PROBES = "outbound-rate-probes"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The gate's options."""
    options.add_to(parser)
    options.speak_plainly(parser)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Answer `--list`, `--explain` and `--dry-run`, which send no request to the target."""
    option = config.option
    if option.help or option.version or not (option.list or option.explain or option.dry_run):
        return None
    with setup.usage_errors_redacted():
        lines = _told(config, shutil.get_terminal_size().columns)
    with surroundings.printed("outbound-conformance"):
        for line in lines:
            print(writable(line, sys.stdout.encoding))
    return 0


def _told(config: pytest.Config, width: int) -> list[str]:
    option = config.option
    if option.explain:
        return explained(config, width)
    only, target = values(config).only, setup.checked_target(config)
    if option.list:
        return listing(only, target, width)
    return forecast(only, target, width, real_time=option.real_time, fuzz=option.fuzz, safe=option.safe)


def pytest_configure(config: pytest.Config) -> None:
    """Read the target's description, or start the embedded mock; a usage error ends here, before any request."""
    config.addinivalue_line("markers", "requirement(id, needs, whole_run): the requirement that a check judges")
    if config.option.help or config.option.version or config.option.markers:
        return
    config.pluginmanager.register(_end_in_order(config), "outbound-interrupts")
    with setup.usage_errors_redacted():
        judge = _judge(config)
    config.stash[_JUDGE] = judge
    config.pluginmanager.register(VerdictPlugin(judge), "outbound-verdict")
    config.pluginmanager.register(_probes(config, judge), _PROBES)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the module of schema-driven cases if none are wanted (`--fuzz 0`)."""
    return True if collection_path.name == _SCHEMA_DRIVEN and not config.option.fuzz else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> bool | None:
    """Take the schemas from the target's own document with `--schema published`."""
    schemas.use(None)
    option = session.config.option
    if option.schema == "spec" or option.collectonly:
        return None
    judge = session.config.stash[_JUDGE]
    primary = judge.client.caller("organizations.primary.api_keys", judge.target.organizations.primary.api_keys)
    try:
        schemas.use(published_document.read(published_document.ask(primary)).as_contract())
    except (published_document.UnreadableDocument, NoAnswer) as reason:
        judge.ledger.stop(judge.client.redactor.text(f"--schema published: {reason}"))
        return True
    return None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show the version of the gate, the target and the seed."""
    judge = config.stash[_JUDGE]
    address = judge.client.redactor.text(judge.target.base_url)
    about = f", only {', '.join(config.option.only)}" if judge.ledger.only else ""
    through = f", through {judge.client.proxy}" if judge.client.proxy else ""
    return [
        f"target: {address}{through}, seed: {judge.seed}{about}",
        f"outbound-conformance {version('outbound-conformance')}, run {judge.client.run}",
    ]


def _end_in_order(config: pytest.Config) -> Interrupts:
    # CI systems cancel a job with SIGTERM, and a closed terminal sends SIGHUP. Both end the run as Ctrl-C does: its reports are
    # written, and no mock and no file with keys is left behind.
    interrupts = Interrupts()
    if threading.current_thread() is threading.main_thread():
        config.add_cleanup(interrupts.heed())
    return interrupts


def _judge(config: pytest.Config) -> Judge:
    option, given = config.option, values(config)
    if given.report:
        make(given.report)
    whole = options.read_as(option.rate_reading, setup.started_target(config))
    target = without_writes(whole) if option.safe else whole
    ledger = Ledger(
        strict=bool(config.getini("strict")),
        require_all=option.require_all,
        only=given.only,
        known=given.known,
        safe=option.safe,
    )
    return Judge(
        target,
        setup.client(config, target),
        ledger,
        option.seed,
        given.report,
        given.known_file,
        option.depth,
        tuple(map(str, config.invocation_params.args)),
        given.labels,
        whole if option.safe else None,
        given.baseline,
    )


def _probes(config: pytest.Config, judge: Judge) -> RateProbes:
    return RateProbes(judge, judge.target.rate_limit.reading, lambda line: setup.show(config, line))


@pytest.fixture(scope="session")
def judge(request: pytest.FixtureRequest) -> Judge:
    """The run: target, client, ledger, and notes for what was measured."""
    return request.config.stash[_JUDGE]


@pytest.fixture(scope="session")
def target(judge: Judge) -> Target:
    """The description of the implementation under test."""
    return judge.target


@pytest.fixture(scope="session")
def client(judge: Judge) -> Client:
    """The client that sends all requests."""
    return judge.client


@pytest.fixture(scope="session")
def clock(client: Client) -> TargetClock:
    """The target's clock."""
    return client.clock


@pytest.fixture(scope="session")
def anonymous(client: Client) -> Caller:
    """A caller without a key."""
    return client.anonymous


@pytest.fixture(scope="session")
def primary(client: Client, target: Target) -> Caller:
    """The primary organization, with its full keys."""
    return client.caller("organizations.primary.api_keys", target.organizations.primary.api_keys)


@pytest.fixture(scope="session")
def secondary(client: Client, target: Target) -> Caller:
    """The secondary organization, with its full keys; for checks that need `organizations.secondary`."""
    return client.caller("organizations.secondary.api_keys", target.organizations.secondary.api_keys)


@pytest.fixture(scope="session")
def dataset(primary: Caller, seed: int) -> Dataset:
    """The data of the primary organization."""
    return Dataset(primary, "primary", seed)


@pytest.fixture(scope="session")
def neighbour(secondary: Caller, seed: int) -> Dataset:
    """The data of the secondary organization; for checks that need `organizations.secondary`."""
    return Dataset(secondary, "secondary", seed)


@pytest.fixture(scope="session")
def theirs(dataset: Dataset, neighbour: Dataset) -> frozenset[Identity]:
    """What identifies the secondary organization's data."""
    return foreign(dataset, neighbour)


@pytest.fixture(scope="session")
def ours(dataset: Dataset, neighbour: Dataset) -> frozenset[Identity]:
    """What identifies the primary organization's data."""
    return foreign(neighbour, dataset)


@pytest.fixture(scope="session")
def rates(request: pytest.FixtureRequest) -> Measured:
    """The measurements of the rate limit. Waits for the probes."""
    probes = request.config.pluginmanager.get_plugin(_PROBES)
    assert isinstance(probes, RateProbes)
    return probes.measured()


@pytest.fixture(scope="session")
def seed(judge: Judge) -> int:
    """The seed of every random choice."""
    return judge.seed


@pytest.fixture(scope="session")
def depth(request: pytest.FixtureRequest) -> Depth:
    """How many of its cases a check tries."""
    chosen: Depth = request.config.option.depth
    return chosen


@pytest.fixture(scope="session")
def run_effort(depth: Depth, target: Target, clock: TargetClock, seed: int) -> Effort:
    """How many cases of a table are tried."""
    return effort(depth, target, clock, seed)


@pytest.fixture(scope="session")
def fuzz(request: pytest.FixtureRequest) -> int:
    """The number of schema-driven cases for each operation."""
    count: int = request.config.option.fuzz
    return count


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Have Hypothesis make no folder for its caches: the working folder may be another project's, which does not use it."""
    # Imported late, because it takes long, and no check may run.
    from hypothesis.configuration import set_hypothesis_home_dir, storage_directory

    folder = storage_directory(intent_to_write=False).home_directory
    set_hypothesis_home_dir(folder if folder.exists() else os.devnull)
    yield
    set_hypothesis_home_dir(folder)


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_open(client: Client) -> Iterator[None]:
    yield
    client.close()

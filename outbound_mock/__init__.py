"""A pytest plugin of the installed package: the fixture `outbound_mock`, a mock of the Outbound API for the tests of a client.

One mock a session (a worker under pytest-xdist), in a process of its own; a world of it, with data, keys and clock of its own,
a test. pytest imports this module into every run of an environment that has the kit. So it has a name that nobody else has, and
imports nothing of the kit's: a project may have packages `spec`, `tests`, `conformance` or `mockserver` of its own.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from outbound_mock.process import Process
from outbound_mock.world import Json, OutboundMock, OutboundMockError, call, table

__all__ = ["OutboundMock", "OutboundMockError"]

OPTIONS = "outbound_mock_options"
"""The ini option that holds options of `outbound-mock`. The option of the command line has dashes instead."""

DEFAULT_OPTIONS = ("--contacts", "250")
"""Options that come before them: more contacts than the largest page holds, and few enough to be made at once."""

MARKER = "outbound_mock"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that holds options of `outbound-mock`."""
    text = "options of outbound-mock for the fixture outbound_mock, such as '--contacts 1000 --rate-reading strict'"
    parser.getgroup("outbound_mock").addoption(f"--{OPTIONS.replace('_', '-')}", metavar="OPTIONS", help=text)
    parser.addini(OPTIONS, text, type="args")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(grade=True, **options): whether the client is graded by what it asks in the test, and what its world is "
        "made of (contacts, seed, organizations, rateReading, variants, hardships).",
    )


@pytest.fixture(scope="session")
def outbound_mock_address(pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of the session's mock."""
    given = pytestconfig.getoption(OPTIONS)
    try:
        options = pytestconfig.getini(OPTIONS) if given is None else shlex.split(given)
        process = Process([*DEFAULT_OPTIONS, *options])
    except (OutboundMockError, ValueError) as error:
        raise _failure(f"outbound_mock cannot be started: {error}") from None
    yield process.address
    process.end()


@pytest.fixture
def outbound_mock(outbound_mock_address: str, request: pytest.FixtureRequest) -> Iterator[OutboundMock]:
    """A mock of the Outbound API with data, keys, limits and a clock that no other test sees."""
    if any(marker.args for marker in request.node.iter_markers(MARKER)):
        raise _failure(f"the marker {MARKER} takes named arguments alone, such as contacts=3")
    options = _marked(request.node)
    if not isinstance(grade := options.pop("grade", True), bool):
        raise _failure(f"the marker {MARKER}: grade is True or False, not {grade!r}")
    world = _made(outbound_mock_address, "POST", "/_mock/worlds", options)
    yield OutboundMock(world)
    _made(outbound_mock_address, "DELETE", f"/_mock/worlds/{world['id']}")


def _made(address: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Make a call for the fixture. If it fails, the test shows one line without a traceback."""
    try:
        return call(address, method, path, body)
    except OutboundMockError as error:
        raise _failure(f"outbound_mock: {error}") from None


def _failure(message: str) -> BaseException:
    return pytest.fail.Exception(message, pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that has passed if the client under test breaks a must of the contract."""
    outcome: Any = yield
    mock = getattr(item, "funcargs", {}).get("outbound_mock")
    if outcome.excinfo is None and isinstance(mock, OutboundMock) and _marked(item).get("grade", True):
        broken = _broken(mock)
        if broken:
            outcome.force_exception(pytest.fail.Exception(broken, pytrace=False))


def _marked(item: pytest.Item) -> Json:
    """The arguments of a test's markers. Those of the nearest marker win."""
    return {name: value for marker in reversed([*item.iter_markers(MARKER)]) for name, value in marker.kwargs.items()}


def _broken(mock: OutboundMock) -> str:
    """The musts that the client breaks, with the requests that show it; empty if it breaks none."""
    rows = [
        row
        for key in mock.control("GET", "/_mock/grade")["data"]
        for row in key["requirements"]
        if row["status"] == "broken" and row["level"] == "must"
    ]
    if not rows:
        return ""
    lines = ["The client breaks its side of the contract (@pytest.mark.outbound_mock(grade=False) turns this off):"]
    numbers: dict[int, str] = {}
    for row in rows:
        lines.append(f"{row['id']}  {row['title']}")
        for finding in row["evidence"]:
            lines.append(f"    {finding['message']}")
            numbers.update(dict.fromkeys(finding["numbers"], ">"))
    return "\n".join([*lines, table(mock.requests(), numbers)])

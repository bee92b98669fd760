"""A pytest plugin of the installed package: the fixture `outbound_mock`, a mock of the Outbound API for the tests of a client.

One mock a session (a worker under pytest-xdist), in a process of its own; a world of it, with data, keys and clock of its own,
a test. pytest imports this module into every run of an environment that has the kit. So it has a name that nobody else has, and
imports nothing of the kit's: a project may have packages `spec`, `tests`, `conformance` or `mockserver` of its own.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

OPTIONS = "outbound_mock_options"
"""The ini option, and with dashes the command line's, that hold options of `outbound-mock`."""

DEFAULT_OPTIONS = ("--contacts", "250")
"""What comes before them: a list that the largest page does not hold, and data that is made at once."""

MARKER = "outbound_mock"
STARTS_WITHIN = 30.0
ANSWERS_WITHIN = 75.0
"""Real seconds; a call that waits takes up to 60."""

_MOST_SHOWN = 40
Json = dict[str, Any]


class OutboundMockError(Exception):
    """The mock could not be started or asked, or refused a call. The message is one line."""


class OutboundMock:
    """A world of the mock. `url` is its address, `key` a full API key of the organization `organization_id`, with every scope."""

    def __init__(self, address: str, world: Json) -> None:
        self._address = address
        self._prefix = f"/_worlds/{world['id']}"
        self.url: str = world["baseUrl"]
        self.key: str = world["apiKey"]
        self.organization_id: str = world["organization"]["id"]

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Make a call to the control API of this world, such as `control("GET", "/_mock/keys")`. Raises OutboundMockError."""
        __tracebackhide__ = True
        return _call(self._address, method, f"{self._prefix}{path}", body)

    def advance(self, seconds: float) -> None:
        """Move the clock on. It can stand for `time.sleep` in a client that waits."""
        self.control("POST", "/_mock/clock", {"advance": seconds})

    def fault(self, name: str, /, **condition: Any) -> str:
        """Break the contract in this way, for the requests that a condition means, such as `operation="getMe", requests=2`.

        Returns the id of the switch, which `switch_off` takes.
        """
        return str(self.control("POST", "/_mock/switches", {"fault": name, **condition})["id"])

    def hardship(self, name: str, /, *, when: Mapping[str, Any] | None = None, **parameters: Any) -> str:
        """Make it hard for clients in this way, for the requests that the condition `when` means; returns the switch's id."""
        body = {"hardship": name, **(when or {}), **({"parameters": parameters} if parameters else {})}
        return str(self.control("POST", "/_mock/switches", body)["id"])

    def switch_off(self, switch: str | None = None) -> None:
        """Switch off a fault or a hardship, or all of them."""
        self.control("DELETE", f"/_mock/switches{f'/{quote(switch)}' if switch else ''}")

    def webhook(self, url: str) -> str:
        """Register an endpoint of the organization; returns its signing secret."""
        return str(
            self.control("POST", "/_mock/webhooks", {"url": url, "organization": self.organization_id})["secret"]
        )

    def emit(self, event_type: str | None = None, **members: Any) -> Json:
        """Have an event happen and be delivered; of the next type in turn without one. `members`: `resourceId`, `data`."""
        body = {"organization": self.organization_id, **members, **({"eventType": event_type} if event_type else {})}
        return dict(self.control("POST", "/_mock/events", body))

    def requests(self, **filters: Any) -> list[Json]:
        """The requests so far, oldest first, as `GET /_mock/requests` shows them with these filters (`status="4xx"`).

        `wait` is how many real seconds to wait for `count` of them.
        """
        return list(self.control("GET", f"/_mock/requests?{urlencode({'limit': 1000, **filters})}")["data"])

    def deliveries(self, **filters: Any) -> list[Json]:
        """The deliveries so far, as `GET /_mock/deliveries` shows them; filters and `wait` as for `requests`."""
        return list(self.control("GET", f"/_mock/deliveries?{urlencode(filters)}")["data"])

    def assert_requested(self, method: str, path: str, *, times: int | None = None) -> list[Json]:
        """Fail unless this was requested, `times` times or at least once; returns these requests.

        A query in `path` is compared by its parameters in any order; without one, every query fits.
        """
        __tracebackhide__ = True
        seen = self.requests()
        found = [each for each in seen if each["method"] == method.upper() and _fits(each, path)]
        if len(found) == times or (times is None and found):
            return found
        marks = {each["number"]: ">" for each in found}
        raise AssertionError(f"{method.upper()} {path} {_counted('requested', found, times)}\n{_table(seen, marks)}")

    def assert_delivered(self, event_type: str, *, times: int | None = None, wait: int = 5) -> list[Json]:
        """Fail unless events of a type were delivered and answered 2xx, within `wait` real seconds; returns the deliveries."""
        __tracebackhide__ = True
        filters = {"eventType": event_type, "state": "delivered"}
        found = (
            self.deliveries(**filters, wait=wait, count=max(1, times or 1))
            if times != 0
            else self.deliveries(**filters)
        )
        if len(found) == times or (times is None and found):
            return found
        lines = [f"  {each['eventType']}  {each['state']}  {_attempts(each)}" for each in self.deliveries()]
        told = "\n".join(["The mock has these deliveries:", *lines]) if lines else "The mock has no deliveries."
        raise AssertionError(f"{event_type} {_counted('delivered', found, times)}\n{told}")


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
        process = _Process([*DEFAULT_OPTIONS, *options])
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
    yield OutboundMock(outbound_mock_address, world)
    _made(outbound_mock_address, "DELETE", f"/_mock/worlds/{world['id']}")


def _made(address: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Make a call for the fixture, whose failure is a line without a traceback."""
    try:
        return _call(address, method, path, body)
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
    """What the markers of a test say, the nearest last."""
    return {name: value for marker in reversed([*item.iter_markers(MARKER)]) for name, value in marker.kwargs.items()}


class _Process:
    """A mock in a process of its own. Raises OutboundMockError if it does not start."""

    def __init__(self, options: list[str]) -> None:
        command = [sys.executable, "-P", "-m", "mockserver", *options, "--port", "0", "--json", "--exit-with-parent"]
        self._errors = TemporaryFile()  # noqa: SIM115 (it is written to until the mock has ended)
        self._process = subprocess.Popen(  # noqa: S603 (this interpreter)
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, env=_environment()
        )
        try:
            self.address = self._listens()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """End the mock."""
        with self._errors, self._process:
            self._process.terminate()

    def _listens(self) -> str:
        """The address, once the mock has told it."""
        timer = threading.Timer(STARTS_WITHIN, self._process.kill)
        timer.start()
        try:
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        try:
            address = str(json.loads(line)["baseUrl"])
        except (ValueError, KeyError):
            raise OutboundMockError(self._complaint()) from None
        if address.startswith("https:"):
            raise OutboundMockError("the fixture speaks http; leave out --tls, or start such a mock by outbound-mock")
        return address

    def _complaint(self) -> str:
        """The last line that the mock has written to standard error."""
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"it did not tell its address within {STARTS_WITHIN:.0f} s"


def _environment() -> dict[str, str]:
    """This process's environment without what would lead the mock to other packages or options."""
    own = str(Path(__file__).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OUTBOUND_MOCK_", "PYTHONPATH"))}
    return {**kept, "PYTHONPATH": own} if own in os.environ.get("PYTHONPATH", "").split(os.pathsep) else kept


def _call(address: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    __tracebackhide__ = True
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=ANSWERS_WITHIN)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {} if body is None else {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        answer = json.loads(text) if text else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OutboundMockError(f"no answer from the mock at {address}: {error}") from None
    finally:
        connection.close()
    if response.status >= 400:
        told = answer.get("detail") if isinstance(answer, dict) else None
        raise OutboundMockError(f"{method} {path.partition('?')[0]}: {told or response.status}")
    return answer


def _broken(mock: OutboundMock) -> str:
    """What the client breaks of the musts, with the requests that show it; empty if it breaks none."""
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
    return "\n".join([*lines, _table(mock.requests(), numbers)])


def _fits(request: Json, path: str) -> bool:
    wanted, has_query, query = path.partition("?")
    pairs = [sorted(parse_qsl(text, keep_blank_values=True)) for text in (query, request["query"])]
    return bool(request["path"] == wanted and (not has_query or pairs[0] == pairs[1]))


def _counted(what: str, found: list[Json], times: int | None) -> str:
    expected = "at least once" if times is None else _times(times)
    return f"was {what} {_times(len(found))}, expected {expected}."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _table(requests: list[Json], marks: Mapping[int, str]) -> str:
    """Requests, one a line, the newest if they are very many; marked are those whose numbers have a mark."""
    if not requests:
        return "The mock saw no request."
    shown = [each for each in requests if each["number"] in marks or each in requests[-_MOST_SHOWN:]]
    left_out = [f"  … {len(requests) - len(shown)} earlier ones"] if len(shown) < len(requests) else []
    lines = [f"{marks.get(each['number'], ' ')} {each['number']:>3}  {_line(each)}" for each in shown]
    return "\n".join(["The mock saw:", *left_out, *lines])


def _line(request: Json) -> str:
    query = f"?{request['query']}" if request["query"] else ""
    reason = f" {request['problem']['kind']}" if request["problem"] else ""
    return f"{request['method']} {request['path']}{query} → {request['status'] or 'no answer'}{reason}"


def _attempts(delivery: Json) -> str:
    told = [str(attempt["status"] or attempt["error"] or "no answer") for attempt in delivery["attempts"]]
    return f"answered {', '.join(told)}" if told else "not attempted yet"

"""A world of the mock as a test uses it: changes to the world, and facts about the client's requests."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

ANSWERS_WITHIN = 75.0
"""Time limit of a call in real seconds. A call that waits takes up to 60."""

_MOST_SHOWN = 40
Json = dict[str, Any]


class OutboundMockError(Exception):
    """The mock could not be started or asked, or refused a call. The message is one line."""


class OutboundMock:
    """A world of the mock. `url` is its address, `key` a full API key of the organization `organization_id`, with every scope."""

    def __init__(self, world: Json) -> None:
        self.url: str = world["baseUrl"]
        self.key: str = world["apiKey"]
        self.organization_id: str = world["organization"]["id"]

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Make a call to the control API of this world, such as `control("GET", "/_mock/keys")`. Raises OutboundMockError."""
        __tracebackhide__ = True
        return call(self.url, method, path, body)

    def advance(self, seconds: float) -> None:
        """Move the clock forward. It can replace `time.sleep` in a client that waits."""
        self.control("POST", "/_mock/clock", {"advance": seconds})

    def fault(self, name: str, /, **condition: Any) -> str:
        """Switch on a fault for the requests that a condition names, such as `operation="getMe", requests=2`.

        Returns the id of the switch, which `switch_off` takes.
        """
        return str(self.control("POST", "/_mock/switches", {"fault": name, **condition})["id"])

    def hardship(self, name: str, /, *, when: Mapping[str, Any] | None = None, **parameters: Any) -> str:
        """Switch on a hardship for the requests that the condition `when` names. Returns the id of the switch."""
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
        """Let an event happen and be delivered. Without a type, the types take turns. `members`: `resourceId`, `data`."""
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
        raise AssertionError(f"{method.upper()} {path} {_counted('requested', found, times)}\n{table(seen, marks)}")

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


def call(address: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Make a call to the control API at an address, a mock's or a world's, and return the JSON of the answer.

    Raises OutboundMockError.
    """
    __tracebackhide__ = True
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=ANSWERS_WITHIN)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(
            method, parts.path + path, content, {} if body is None else {"Content-Type": "application/json"}
        )
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


def _fits(request: Json, path: str) -> bool:
    wanted, has_query, query = path.partition("?")
    pairs = [sorted(parse_qsl(text, keep_blank_values=True)) for text in (query, request["query"])]
    return bool(request["path"] == wanted and (not has_query or pairs[0] == pairs[1]))


def _counted(what: str, found: list[Json], times: int | None) -> str:
    expected = "at least once" if times is None else _times(times)
    return f"was {what} {_times(len(found))}, expected {expected}."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def table(requests: list[Json], marks: Mapping[int, str]) -> str:
    """Requests, one on each line, with their marks by number. Of very many the newest are shown."""
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

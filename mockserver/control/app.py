"""The control API as an ASGI application: its routes, collected from the modules beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mockserver.answer import Answer, json_answer, problem_answer
from mockserver.control import contacts, health, time, webhooks
from mockserver.control.route import BadInput, Route
from mockserver.world import WORLD

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.app import Mock

ROUTES: Mapping[tuple[str, str], Route] = {
    (route.method, route.path): route for module in (contacts, health, time, webhooks) for route in module.ROUTES
}

_LONGEST_BODY = 65_536


class Control:
    """Answers `/_mock/…`: JSON objects in and out, problems for whatever it cannot take."""

    def __init__(self, mock: Mock) -> None:
        self._mock = mock

    def admits(self, scope: Scope) -> bool:
        """Whether whoever sends a request may use the control API."""
        return _is_local(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await (await self._answer(scope, receive))(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        if not self.admits(scope):
            return problem_answer(403, "Forbidden", "The control API serves this machine alone.")
        route = ROUTES.get((scope["method"], scope["path"]))
        if route is None:
            return _unrouted(scope["path"])
        try:
            return json_answer(route.handle(scope[WORLD].parts, await _body(receive)))
        except BadInput as error:
            return problem_answer(400, "Bad input", f"{error}.")


def _is_local(scope: Scope) -> bool:
    """Whether the request comes from this machine, and names it so: a web page in a browser here names another host."""
    named = b"//" + dict(scope["headers"]).get(b"host", b"")
    try:
        host = urlsplit(named.decode("latin-1")).hostname
        addresses = [scope["client"][0], "127.0.0.1" if host == "localhost" else host]
        return all(ip_address(address).is_loopback for address in addresses)
    except (TypeError, ValueError):
        return False


def _unrouted(path: str) -> Answer:
    allowed = ", ".join(method for method, routed in ROUTES if routed == path)
    if not allowed:
        return problem_answer(404, "Not found", "The control API has no such path.")
    return problem_answer(405, "Method not allowed", f"This path allows {allowed}.", [(b"allow", allowed.encode())])


async def _body(receive: Receive) -> Mapping[str, Any]:
    """The request's JSON object; an empty body is an empty object. Raises BadInput for anything else."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LONGEST_BODY:
            raise BadInput(f"the body must not be longer than {_LONGEST_BODY} bytes")
    try:
        value = json.loads(body or b"{}")
    except (RecursionError, ValueError) as error:
        raise BadInput("the body must be JSON, and not nested without end") from error
    if not isinstance(value, dict):
        raise BadInput("the body must be a JSON object")
    return value

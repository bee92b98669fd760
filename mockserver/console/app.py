"""The console as an ASGI application: who may come in, which page answers, and what every page is sent with."""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from mockserver.api.body import whole_body
from mockserver.api.response import Header, Response
from mockserver.console import guard
from mockserver.console.assets import assets
from mockserver.console.notices import Notices
from mockserver.console.pages import ROUTES
from mockserver.console.rendering import render
from mockserver.console.visit import FORM_TOKEN, HTML, ROOT, Form, Gone, Handler, Visit
from mockserver.control.guard import is_local, presents
from mockserver.worlds.world import WORLD

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.control.app import Control

logger = logging.getLogger("outbound.mock")

LONGEST_FORM = 2 * 1024 * 1024
"""Bytes of a form: as much as the control API takes of a resource, and what a form needs to wrap it."""

MOST_FIELDS = 500

LOGIN = "/login"
LOGOUT = "/logout"

_FORM_TYPE = b"application/x-www-form-urlencoded"
_FOREVER: Header = (b"cache-control", b"private, max-age=31536000, immutable")
_NEVER: Header = (b"cache-control", b"no-store")


class Refused(Exception):
    """A request that no page answers: a status, and what to tell the person."""

    def __init__(self, status: int, text: str, *headers: Header) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers


class Console:
    """Answers `/admin` and what lies below it, for each world of a mock."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._notices = Notices()
        self._routes = [(route.pattern, route) for route in ROUTES]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        token, is_new = guard.form_token(scope)
        try:
            answer = await self._answer(scope, receive, token)
        except Refused as error:
            answer = Response(error.status, HTML, _refusal(scope, error), error.headers)
        except Exception:
            logger.exception("A page of the console failed")
            failed = Refused(500, "This page failed. What happened is in the log of the mock.")
            answer = Response(500, HTML, _refusal(scope, failed))
        names = {name for name, _ in answer.headers}
        answer.headers += [*guard.HEADERS, *(() if b"cache-control" in names else (_NEVER,))]
        if is_new and answer.status == 200 and b"cache-control" not in names:
            answer.headers.append(guard.set_cookie(scope, "form", token))
        if scope["method"] == "HEAD":
            answer.body = b""
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, token: str) -> Response:
        path: str = scope["path"].removeprefix(ROOT).rstrip("/")
        knows = self._control.token
        if knows is None and not is_local(scope):
            raise Refused(403, "The console serves this machine alone, unless there is a --control-token.")
        if path.startswith("/static/"):
            return _asset(path.removeprefix("/static/"))
        if path == LOGIN and knows is not None:
            return await _login(scope, await self._sent(scope, receive, token), token, knows)
        if knows is not None and not (guard.is_logged_in(scope, knows) or presents(scope, knows)):
            return _redirect(f"{_base(scope)}{ROOT}{LOGIN}")
        if path == LOGOUT and knows is not None:
            await self._sent(scope, receive, token)
            return _logout(scope)
        handle, parameters = self._routed(scope["method"], path)
        visit = Visit(
            control=self._control,
            world=scope[WORLD],
            notices=self._notices,
            method=scope["method"],
            path=path,
            base=_base(scope),
            host=dict(scope["headers"]).get(b"host", b"").decode("latin-1"),
            token=token,
            query=Form(_fields(scope["query_string"])),
            form=await self._sent(scope, receive, token),
            parameters=parameters,
        )
        try:
            return await handle(visit)
        except Gone as error:
            raise Refused(404, str(error)) from None

    async def _sent(self, scope: Scope, receive: Receive, token: str) -> Form:
        """The form that was sent, empty without one. Raises Refused for one that is not of ours."""
        if scope["method"] != "POST":
            return Form({})
        form = await _form(scope, receive)
        if not guard.is_ours(scope, token, form[FORM_TOKEN]):
            raise Refused(403, "This form did not come from a page of this console, or from one that has grown old.")
        return form

    def _routed(self, method: str, path: str) -> tuple[Handler, dict[str, Any]]:
        fitting = [(route, fit.groupdict()) for pattern, route in self._routes if (fit := pattern.fullmatch(path))]
        if not fitting:
            raise Refused(404, "There is no such page.")
        for route, parameters in fitting:
            if route.method == method.replace("HEAD", "GET"):
                return route.handle, parameters
        allowed = ", ".join(sorted({route.method for route, _ in fitting}))
        raise Refused(405, f"This page allows {allowed}.", (b"allow", allowed.encode()))


async def _login(scope: Scope, form: Form, token: str, knows: str) -> Response:
    """The page that asks for the control token, or what follows for whoever gives it."""
    if scope["method"] not in ("GET", "HEAD", "POST"):
        raise Refused(405, "This page allows GET, POST.", (b"allow", b"GET, POST"))
    given = form.text("control_token")
    if given and hmac.compare_digest(given.encode("utf-8", "replace"), knows.encode()):
        return _redirect(f"{_base(scope)}{ROOT}", guard.set_cookie(scope, "session", guard.session(knows)))
    body = render("login.html", base=_base(scope), token=token, failed=bool(form[FORM_TOKEN]))
    return Response(200, HTML, body)


def _logout(scope: Scope) -> Response:
    """The way back to the page that asks for the token, without the cookie. A link does not lead here: it takes a form."""
    if scope["method"] != "POST":
        raise Refused(405, "This page allows POST.", (b"allow", b"POST"))
    return _redirect(f"{_base(scope)}{ROOT}{LOGIN}", guard.set_cookie(scope, "session", ""))


def _redirect(target: str, *headers: Header) -> Response:
    return Response(303, b"text/plain", b"", [(b"location", target.encode()), *headers])


async def _form(scope: Scope, receive: Receive) -> Form:
    if dict(scope["headers"]).get(b"content-type", b"").split(b";")[0].strip().lower() != _FORM_TYPE:
        raise Refused(415, "Forms are application/x-www-form-urlencoded.")
    body = await whole_body(receive, LONGEST_FORM)
    if body is None:
        raise Refused(413, "The form is too long.")
    return Form(_fields(body))


def _fields(encoded: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(encoded.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(400, f"There are more than {MOST_FIELDS} fields.") from None


def _asset(name: str) -> Response:
    asset = assets().get(name)
    if asset is None:
        raise Refused(404, "There is no such file.")
    return Response(200, asset.content_type, asset.content, [_FOREVER])


def _refusal(scope: Scope, error: Refused) -> bytes:
    return render("refusal.html", base=_base(scope), status=error.status, text=error.text)


def _base(scope: Scope) -> str:
    """The path of the world that is visited, empty for the first."""
    name = scope[WORLD].name
    return f"/_worlds/{name}" if name else ""

"""The console as an ASGI application: access control, routing of pages, and the headers of every page."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mockserver.console import guard
from mockserver.console.assets import FOLDER
from mockserver.console.pages import ROUTES
from mockserver.console.rendering import render
from mockserver.console.sessions import Attempts, Sessions
from mockserver.console.visit import FORM_TOKEN, ROOT, Form, Gone, Handler, Visit, way_up
from mockserver.control.guard import is_local, presents
from mockserver.worlds.world import WORLD

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from mockserver.control.app import Control

logger = logging.getLogger("outbound.mock")

LONGEST_FIELD = 2 * 1024 * 1024
"""The most bytes of a form's field: the largest resource that the control API takes, and what a form adds to it."""

LONGEST_FORM = 4 * LONGEST_FIELD
"""The most bytes of a form. A field's characters take three bytes each where they are percent-encoded."""

MOST_FIELDS = 500

_LOGIN = f"{ROOT}/login"
_LOGOUT = f"{ROOT}/logout"
_STATIC = f"{ROOT}/static"
_FORM_TYPE = "application/x-www-form-urlencoded"


class Console:
    """Answers `/admin` and the paths below it, for each world of a mock."""

    def __init__(self, control: Control, sessions: Sessions) -> None:
        self._control = control
        self._sessions = sessions
        self._attempts = Attempts()
        pages: dict[str, dict[str, Handler]] = {}
        for route in ROUTES:
            pages.setdefault(route.path, {})[route.method] = route.handle
        routes: list[Route | Mount] = [
            Mount(_STATIC, StaticFiles(directory=FOLDER)),
            Route(f"{ROOT}/", _without_slash),
            *(
                Route(f"{ROOT}{path}", self._endpoint(handlers), methods=list(handlers))
                for path, handlers in pages.items()
            ),
        ]
        if control.token is not None:
            routes += [
                Route(_LOGIN, self._login, methods=["GET", "POST"]),
                Route(_LOGOUT, self._logout, methods=["POST"]),
            ]
        self._app = Starlette(routes=routes, exception_handlers={HTTPException: _refuse})
        self._app.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        token, is_new = guard.form_token(request)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _protect(request, message, token if is_new else None)
            await send(message)

        await (self._kept_out(request) or self._app)(scope, _bounded(receive), guarded)

    def _kept_out(self, request: Request) -> Response | None:
        """The answer to a visitor who has no access; None for one who has."""
        token, scope = self._control.token, request.scope
        if token is None:
            reason = "The console serves this machine alone, unless there is a --control-token."
            return None if is_local(scope) else _refusal(request, 403, reason)
        if scope["path"] == _LOGIN or scope["path"].startswith(f"{_STATIC}/"):
            return None
        if self._sessions.is_open(guard.cookie(request, "session")) or presents(scope, token):
            return None
        return _redirect(request, _LOGIN)

    def _endpoint(self, handlers: Mapping[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            handle = handlers["GET" if request.method == "HEAD" else request.method]
            form = await _sent(request)
            try:
                return await handle(self._visit(request, form))
            except Gone as error:
                raise HTTPException(404, str(error)) from None
            except HTTPException:
                raise
            except Exception:
                logger.exception("A page of the console failed")
                raise HTTPException(500, "This page failed. What happened is in the log of the mock.") from None

        return answer

    def _visit(self, request: Request, form: Form) -> Visit:
        return Visit(
            control=self._control,
            world=request.scope[WORLD],
            request=request,
            up=way_up(request),
            token=guard.form_token(request)[0],
            query=Form(request.query_params.multi_items()),
            form=form,
        )

    async def _login(self, request: Request) -> Response:
        """The page that asks for the control token, or a redirect into the console for a visitor who gives it."""
        form, expected = await _sent(request), self._control.token or ""
        if request.method != "POST":
            return _login_page(request)
        client = request.client.host if request.client else ""
        wait = self._attempts.wait(client)
        if wait:
            problem = f"Too many wrong tokens. Try again in {wait} seconds."
            return _login_page(request, 429, problem, {"retry-after": str(wait)})
        if not hmac.compare_digest(form.text("control_token").encode("utf-8", "replace"), expected.encode()):
            self._attempts.failed(client)
            return _login_page(request, 403, "This is not the control token.")
        answer = _redirect(request, ROOT)
        guard.set_cookie(request, answer, "session", self._sessions.cookie())
        return answer

    async def _logout(self, request: Request) -> Response:
        """Log out: end all sessions and redirect to the log-in. This takes a form, because a link must not do it."""
        await _sent(request)
        self._sessions.end()
        answer = _redirect(request, _LOGIN)
        guard.set_cookie(request, answer, "session", "")
        return answer


def _login_page(
    request: Request, status: int = 200, problem: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    page = render("login.html", up=way_up(request), token=guard.form_token(request)[0], problem=problem)
    return HTMLResponse(page, status, headers=dict(headers or {}))


async def _without_slash(request: Request) -> Response:
    return _redirect(request, ROOT)


def _bounded(receive: Receive) -> Receive:
    """`receive`, which raises HTTPException once the body is longer than a form may be."""
    left = LONGEST_FORM

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, f"A form must not be longer than {LONGEST_FORM} bytes.")
        return message

    return bounded


async def _sent(request: Request) -> Form:
    """The form that was sent, empty if there is none. Raises HTTPException if it is not from a page of this console."""
    if request.method != "POST":
        return Form()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        raise HTTPException(415, f"Forms are {_FORM_TYPE}.")
    sent = await request.form(max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
    form = Form([(name, value) for name, value in sent.multi_items() if isinstance(value, str)])
    if not guard.is_ours(request, guard.form_token(request)[0], form[FORM_TOKEN]):
        raise HTTPException(403, "This form did not come from a page of this console, or from one that has grown old.")
    return form


def _protect(request: Request, message: Message, new_token: str | None) -> None:
    """Add the headers that protect pages to an answer, and the cookie that forms repeat."""
    headers = MutableHeaders(scope=message)
    for name, value in guard.HEADERS.items():
        headers[name] = value
    if request.scope["path"].startswith(f"{_STATIC}/") and message["status"] == 200:
        headers["cache-control"] = "private, max-age=31536000, immutable"
        return
    headers["cache-control"] = "no-store"
    if new_token and message["status"] == 200:
        answer = Response()
        guard.set_cookie(request, answer, "form", new_token)
        headers.append("set-cookie", answer.headers["set-cookie"])


def _redirect(request: Request, path: str) -> RedirectResponse:
    return RedirectResponse(f"{way_up(request)}{path.lstrip('/')}", 303)


async def _refuse(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    details = {404: "There is no such page.", 405: "This page does not allow this method."}
    is_own = error.detail != _phrase(error.status_code)
    text = error.detail if is_own else details.get(error.status_code, error.detail)
    return _refusal(request, error.status_code, text, error.headers)


def _phrase(status: int) -> str:
    return HTTPException(status).detail


def _refusal(request: Request, status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    page = render("refusal.html", up=way_up(request), status=status, text=text)
    return HTMLResponse(page, status, headers=dict(headers or {}))

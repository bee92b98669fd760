"""One request to the console in the form that a page's handler gets, and the routes to handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mockserver.api import paths
from mockserver.console import guard
from mockserver.console.notices import Notice, in_cookie
from mockserver.console.rendering import render

if TYPE_CHECKING:
    from mockserver.control.app import Control
    from mockserver.control.call import CallResult
    from mockserver.tenants.tenant import Tenant
    from mockserver.worlds.world import World

ROOT = paths.CONSOLE
"""The path that the console lies under."""

FORM_TOKEN = "token"  # noqa: S105 (the name of a field, no secret)
"""The form field that must repeat the cookie, so that another site cannot send a form of this console."""

_DIGITS = 16

_NOTICE = "notice"


Context = dict[str, Any]
"""The values for a template, by name."""


class Gone(Exception):
    """The thing that a path names does not exist, or not any more."""


class Form(ImmutableMultiDict[str, str]):
    """The fields of a query or of a form that was sent. Absent ones are empty."""

    def __getitem__(self, name: str) -> str:
        return next(iter(self.getlist(name)), "")

    def text(self, name: str) -> str:
        """A field without the white space around it."""
        return self[name].strip()

    def whole(self, name: str) -> int:
        """A field as a whole number; 0 if it is not a number, or has too many digits."""
        text = self.text(name)
        return int(text) if text.isdecimal() and len(text) < _DIGITS else 0

    def starting(self, prefix: str) -> Mapping[str, str]:
        """The fields whose names begin with a prefix, by their names without it."""
        return {name.removeprefix(prefix): self[name] for name in self if name.startswith(prefix)}


def way_up(request: Request) -> str:
    """The relative address of the mock's root: such links also work in a world, and behind a proxy that removes a prefix."""
    return "../" * (paths.raw_path(request.scope).count(b"/") - 1)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request. `up` is the relative address of the mock's root."""

    control: Control
    world: World
    request: Request
    up: str
    token: str
    query: Form
    form: Form

    @property
    def path(self) -> str:
        """The path below `ROOT`."""
        path: str = self.request.scope["path"]
        return path.removeprefix(ROOT)

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters in the path."""
        return self.request.path_params

    @property
    def base_url(self) -> str:
        """The address of the world that is visited, as the visitor sees it."""
        return paths.base_url(self.request.scope)

    async def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> CallResult:
        """Call the control API of this world. Returns the status and the JSON of its answer."""
        return await self.control.call(self.world, method, path, body, self.base_url)

    def url(self, path: str = "", /, **query: object) -> str:
        """The relative address of a page of this console; fields that are empty are left out."""
        asked = urlencode({name: value for name, value in query.items() if value not in ("", None)})
        return f"{self.up}{ROOT.lstrip('/')}{quote(path)}{'?' if asked else ''}{asked}"

    def page(self, template: str, status: int = 200, **context: object) -> Response:
        """A page, with the notice that was left for it."""
        waiting = guard.cookie(self.request, _NOTICE)
        body = render(template, visit=self, notice=in_cookie(waiting), now=self.world.state.clock.now(), **context)
        page = HTMLResponse(body, status)
        if waiting:
            guard.set_cookie(self.request, page, _NOTICE, "")
        return page

    def fragment(self, template: str, headers: Mapping[str, str] | None = None, **context: object) -> Response:
        """A part of a page. The page's address is that of this request without its last segment."""
        inside = replace(self, up=self.up.removeprefix("../"))
        return HTMLResponse(render(template, visit=inside, **context), headers=headers)

    def redirect(self, path: str, notice: Notice | None = None, /, **query: object) -> Response:
        """Have the browser go on to a page, which then shows a notice once."""
        answer = RedirectResponse(self.url(path, **query), 303)
        if notice:
            guard.set_cookie(self.request, answer, _NOTICE, notice.cookie())
        return answer

    async def change(
        self, method: str, path: str, body: Mapping[str, object] | None, to: str, done: str, /, **query: object
    ) -> Response:
        """Perform a change and redirect to a page that says that it is `done`, or why the control API refused it."""
        status, answer = await self.call(method, path, body)
        notice = Notice(done) if status < 400 else Notice(objection(answer), bad=True)
        return self.redirect(to, notice, **query)

    @property
    def tenant(self) -> Tenant:
        """The organization that the query or the form names; the first without one. Raises Gone for an unknown one."""
        named = self.form["organization"] or self.query["organization"]
        tenants = self.world.state.tenants
        if not named and tenants:
            return next(iter(tenants.values()))
        if named not in tenants:
            raise Gone("There is no such organization.")
        return tenants[named]


def objection(answer: object) -> str:
    """The text of a problem of the control API."""
    detail = answer.get("detail") if isinstance(answer, dict) else None
    return str(detail or "The control API refused this.")


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path below `ROOT` in which `{name}` stands for one segment, and the handler that answers it."""

    method: str
    path: str
    handle: Handler

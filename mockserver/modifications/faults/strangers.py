"""Keys that are tidied before they are looked up, paths in capitals, and refusals that tell of resources in some cases alone."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api import paths
from mockserver.api.keys import ApiKey
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Problem, not_found
from mockserver.modifications.faults.authentication import also_accept, excuse
from mockserver.modifications.faults.credentials import is_known
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header, resource_asked
from mockserver.modifications.helpers.responses import change_problems
from mockserver.modifications.registry import fault

_IN_CAPITALS = "outbound.in-capitals"


@fault("AUTH-2")
def keys_without_signs(pipeline: Pipeline) -> None:
    """Hyphens, and padding as of base64, are removed from a key before it is looked up."""
    also_accept(pipeline, lambda key, text: text.replace("-", "").rstrip("=") == key.secret)


@fault("AUTH-2")
def encoded_keys_accepted(pipeline: Pipeline) -> None:
    """A key is also accepted in base64, as Basic credentials are written."""

    def finds(key: ApiKey, text: str) -> bool:
        try:
            return b64decode(text) == key.secret.encode()
        except ValueError:
            return False

    also_accept(pipeline, finds)


@fault("AUTH-1")
def anonymous_served_by_capitals(pipeline: Pipeline) -> None:
    """The key check compares paths letter by letter; the router ignores their case."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        name, slash, rest = scope["path"].removeprefix(f"{paths.API}/").partition("/")
        if name.isupper():
            path = f"{paths.API}/{name.lower()}{slash}{rest}"
            scope = {**scope, "path": path, "raw_path": path.encode(), _IN_CAPITALS: True}
        await app(scope, receive, send)

    excuse(pipeline, lambda scope: _IN_CAPITALS in scope)
    pipeline.outer.append(around(served))


@fault("AUTH-6")
def refusal_tells_of_archived_lists(pipeline: Pipeline) -> None:
    """A 401 says of an archived list that it is one."""

    def change(problem: Problem, scope: Scope) -> Problem:
        collection, resource_id = resource_asked(scope) or ("", "")
        if problem.kind.status != 401 or collection != "lists":
            return problem
        found = (tenant.lists.read(resource_id) for tenant in pipeline.state.tenants.values())
        archived = any(one and one["archivedAt"] for one in found)
        return replace(problem, detail="This list is archived.") if archived else problem

    change_problems(pipeline, change)


@fault("AUTH-6")
def unknown_id_before_scheme(pipeline: Pipeline) -> None:
    """Under another scheme than Bearer, an unknown id is answered 404 before the scheme is refused."""

    def change(problem: Problem, scope: Scope) -> Problem:
        other = not (header(scope, b"authorization") or b"Bearer").lower().startswith(b"bearer")
        return not_found() if problem.kind.status == 401 and other and not is_known(pipeline, scope) else problem

    change_problems(pipeline, change)

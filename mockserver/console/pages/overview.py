"""The first page: the mock's address, its organizations, its time, what is switched on, and the latest requests."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from mockserver.console.visit import Context, Route, Visit
from mockserver.modifications.condition import ALL_REQUESTS
from spec import contract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockserver.api.keys import ApiKey
    from mockserver.worlds.request_log import Entry

_ORGANIZATIONS = 50
_RECENT = 8


async def _show(visit: Visit) -> Response:
    world = visit.world
    state = world.state
    keys = Counter(key.organization_id for key in state.keys)
    endpoints = Counter(endpoint.organization_id for endpoint in state.webhooks.endpoints)
    organizations = [
        (tenant, keys[organization_id], endpoints[organization_id])
        for organization_id, tenant in islice(state.tenants.items(), _ORGANIZATIONS)
    ]
    key = _key_to_try(visit)
    world.switches.recount()
    world.held.recount()
    return visit.page(
        "overview.html",
        key=key,
        owner=key and state.tenants[key.organization_id].organization,
        organizations=organizations,
        more=len(state.tenants) - len(organizations),
        limits=world.settings.rate_limits,
        switches=list(world.switches),
        holds=list(world.held.holds.values()),
        modifications=[str(one) for one in world.settings.modifications if one.condition == ALL_REQUESTS],
        frozen=state.clock.is_frozen,
        **_recent(visit),
    )


def _key_to_try(visit: Visit) -> ApiKey | None:
    """The first valid key that holds every scope, None if there is none."""
    state = visit.world.state
    now = state.clock.now()
    scopes = contract().scopes
    return next((key for key in state.keys if key.is_valid_at(now) and len(key.scopes) == len(scopes)), None)


async def _key(visit: Visit) -> Response:
    """The key for the documentation page. Everyone who may see this page may see the key."""
    key = _key_to_try(visit)
    if key is None:
        return Response(status_code=404)
    organization = visit.world.state.tenants[key.organization_id].organization.name
    told = {"name": key.name, "organization": organization, "secret": key.secret}
    return JSONResponse(told, headers={"cache-control": "no-store"})


async def _recent_rows(visit: Visit) -> Response:
    return visit.fragment("recent.html", **_recent(visit))


def _recent(visit: Visit) -> Context:
    asked = [entry for entry in visit.world.request_log if not entry.is_documentation]
    entries: Sequence[Entry] = asked[: -_RECENT - 1 : -1]
    return {"entries": entries, "address": visit.base_url}


ROUTES = (Route("GET", "", _show), Route("GET", "/key", _key), Route("GET", "/recent", _recent_rows))

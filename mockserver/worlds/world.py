"""A world: one state (organizations, keys, limits, clock, webhooks), and the ways in which it is served.

Every request is served by a set of parts. As a rule these are the world's own; while something is switched on for a request, they
are another set over the same state, with that modification installed: so it comes and goes without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from mockserver.api.documentation import Documentation
from mockserver.api.keys import KeyRing, mint
from mockserver.api.middleware import Edge
from mockserver.api.pipeline import PARTS, Layer, Modification, Parts
from mockserver.api.steps import healthy_parts
from mockserver.clock import Clock
from mockserver.modifications.active import Condition, Switch, Switches
from mockserver.settings import Settings
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Tenant
from mockserver.worlds.request_log import RequestLog
from mockserver.worlds.scheduler import Activity

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.webhooks.endpoints import Endpoint

Tenants = dict[str, Tenant]
"""The organizations' stores, by the organization's id."""

WORLD = "outbound.world"
"""Where the ASGI scope of a control or console request keeps the World that it is about."""


class World:
    """One state of a mock, served by `operations`, the Connexion application that all worlds share.

    `name` is the world's id, empty for the first.
    """

    def __init__(self, settings: Settings, operations: ASGIApp, parts: Parts, name: str = "") -> None:
        self.name = name
        self.settings = settings
        self.parts = parts
        self.request_log = RequestLog(parts.clock)
        self.switches = self._no_switches()
        self.made = 0
        """How many keys and organizations have been made here beside those that it began with."""
        self.activity = Activity(settings.seed, settings.leads)
        self._resets = 0
        self._operations = operations
        self._views: dict[tuple[str, ...], ASGIApp] = {}
        self._app = self._served(parts)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request to the API."""
        if not len(self.switches):
            await self.request_log.record(self._app, scope, receive, send)
            return
        taken = self.switches.take(scope)
        ids = tuple(switch.id for switch in taken)
        await self.request_log.record(self._view(ids, taken), scope, receive, send, ids)

    def rewire(self) -> None:
        """Put the layers of `parts` into effect. All other parts are read at every request."""
        self._app = self._served(self.parts)
        self._views.clear()

    def switch_on(self, name: str, modification: Modification, condition: Condition) -> Switch:
        """Serve the requests that `condition` means with a modification. Those of webhooks apply to every delivery."""
        switch = self.switches.on(name, modification, condition)
        self._switched()
        return switch

    def switch_off(self, switch_id: str) -> bool:
        """Take a modification out again; False where none has that id."""
        found = self.switches.off(switch_id)
        self._switched()
        return found

    def copy(self, name: str) -> World:
        """A world of its own with this one's data, keys and time: rested limits, nothing switched on, no webhooks, no log."""
        own = self.parts
        clock = own.clock.copy()
        webhooks = self.settings.webhooks(clock)
        tenants = {name: tenant.copy() for name, tenant in own.tenants.items()}
        parts = healthy_parts(clock, tenants, own.keys.copy(), self.settings.limiter(name), webhooks)
        install(parts, self.settings.modifications, over=(tenants, parts.keys))
        twin = World(self.settings, self._operations, parts, name)
        twin.made = self.made
        return twin

    def next_number(self) -> int:
        """A number that nothing of this world has been made from."""
        self.made += 1
        return self.made

    def reset(self, settings: Settings | None = None) -> None:
        """Begin again with fresh data, keys and limits, by these settings or the ones that it was made with."""
        settings = settings or self.settings
        parts = seeded_parts(replace(settings, began=None), self.parts.clock, self._next_namespace())
        self._begin(settings, parts, made=0)

    def load(self, tenants: Tenants, keys: KeyRing, endpoints: Iterable[Endpoint], made: int) -> None:
        """Go on with other data, keys and endpoints, with rested limits. `made` is how many of them were made later."""
        webhooks = self.settings.webhooks(self.parts.clock)
        for endpoint in endpoints:
            webhooks.endpoints.put(endpoint)
        limiter = self.settings.limiter(self._next_namespace())
        parts = healthy_parts(self.parts.clock, tenants, keys, limiter, webhooks)
        install(parts, self.settings.modifications, over=(tenants, keys))
        self._begin(self.settings, parts, made)

    def close(self) -> None:
        """End whatever is under way: activity and deliveries."""
        self.activity.stop()
        self.parts.webhooks.close()

    def _begin(self, settings: Settings, parts: Parts, made: int) -> None:
        self.close()
        self.settings, self.parts, self.made = settings, parts, made
        self.activity = Activity(settings.seed, settings.leads)
        self.switches = self._no_switches()
        self.request_log.clear()
        self.rewire()

    def _next_namespace(self) -> str:
        self._resets += 1
        return f"{self.name}/{self._resets}"

    def _no_switches(self) -> Switches:
        sharing = self.settings.sharing
        if sharing is None:
            return Switches(self.parts.keys)
        return Switches(
            self.parts.keys, lambda switch, most: sharing.take(f"{self.name}/{self._resets}/{switch}", most)
        )

    def _switched(self) -> None:
        self._views.clear()
        self.parts.webhooks.steps = self._modified(self.switches).webhooks.steps

    def _view(self, ids: tuple[str, ...], switches: Iterable[Switch]) -> ASGIApp:
        if not ids:
            return self._app
        found = self._views.get(ids)
        if found is None:
            found = self._views[ids] = self._served(self._modified(switches))
        return found

    def _modified(self, switches: Iterable[Switch]) -> Parts:
        """Other parts over the same state, with what is switched on."""
        own = self.parts
        parts = healthy_parts(own.clock, own.tenants, own.keys, own.limiter, own.webhooks.with_healthy_steps())
        modifications = [*self.settings.modifications, *(switch.modification for switch in switches)]
        install(parts, modifications, over=(own.tenants, own.keys))
        return parts

    def _served(self, parts: Parts) -> ASGIApp:
        inner = _wrapped(self._operations, parts.inner)
        app = _wrapped(Edge(parts, Documentation(parts, inner)), parts.outer)

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            scope[PARTS] = parts
            await app(scope, receive, send)

        return served


def seeded_parts(settings: Settings, clock: Clock, namespace: str = "") -> Parts:
    """Parts with fresh data, keys, limits and the settings' endpoints, its modifications installed.

    Raises ValueError for a URL that nothing can be delivered to.
    """
    now = settings.began or clock.now()
    seeded = seed(settings.seed, settings.organizations, settings.contacts, now, settings.progress)
    tenants = {tenant.organization.id: tenant for tenant in seeded}
    keys = KeyRing(mint(list(tenants), settings.seed, now))
    webhooks = settings.webhooks(clock)
    parts = healthy_parts(clock, tenants, keys, settings.limiter(namespace), webhooks)
    for modification in settings.modifications:
        modification.install(parts)
    for url in settings.webhook_urls:
        webhooks.register(next(iter(tenants)), url)
    return parts


def install(parts: Parts, modifications: Iterable[Modification], over: tuple[Tenants, KeyRing]) -> None:
    """Install modifications into parts over data and keys that are already as these want them."""
    parts.data_in_place = True
    for modification in modifications:
        modification.install(parts)
    parts.tenants, parts.keys = over


def _wrapped(app: ASGIApp, layers: Iterable[Layer]) -> ASGIApp:
    for layer in layers:
        app = layer(app)
    return app

"""A world: one state (organizations, keys, limits, clock, webhooks), and the pipelines that serve it.

A request is served by the world's own pipeline. If a modification is switched on for the request, it is served by another
pipeline over the same state, with that modification. So a modification that is switched off leaves no trace.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from mockserver.api.documentation import Documentation
from mockserver.api.keys import KeyRing, mint
from mockserver.api.middleware import Edge
from mockserver.api.pipeline import PIPELINE, Layer, Pipeline, State
from mockserver.api.steps import default_pipeline
from mockserver.clock import Clock
from mockserver.modifications.active import Switch, Switches
from mockserver.modifications.condition import ALL_REQUESTS
from mockserver.modifications.registry import Modification
from mockserver.settings import Settings
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Tenant
from mockserver.worlds.held import Held
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

    def __init__(self, settings: Settings, operations: ASGIApp, state: State, name: str = "") -> None:
        self.name = name
        self.held = _held(settings, name)
        self._operations = operations
        self._resets = 0
        self._views: dict[tuple[str, ...], ASGIApp] = {}
        self.request_log = RequestLog(state.clock)
        self._begin(settings, state, made=0)

    @classmethod
    def seeded(cls, settings: Settings, operations: ASGIApp, clock: Clock) -> World:
        """A world with fresh data, keys, limits and the settings' endpoints.

        Raises ValueError for a URL that nothing can be delivered to.
        """
        world = cls(settings, operations, seeded_state(settings, clock))
        world._register_urls()
        return world

    def serve(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one HTTP request to the API."""
        if self.held.holds or self.switches.by_id:
            return self._serve_as_switched(scope, receive, send)
        return self.request_log.record(self._app, scope, receive, send)

    async def _serve_as_switched(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that may be held, or to which a switched-on modification may apply."""
        if self.held.holds:
            await self.held.wait(scope, self.state)
        taken = self.switches.take(scope)
        ids = tuple(switch.id for switch in taken)
        await self.request_log.record(self._view(ids, taken), scope, receive, send, [switch.name for switch in taken])

    def rewire(self) -> None:
        """Apply the layers of `pipeline`. All other steps are read at every request."""
        self._app = self._served(self.pipeline)
        self._views.clear()

    def switch_on(self, modification: Modification) -> Switch:
        """Apply a modification to the requests that match its condition. Modifications of webhooks apply to every delivery."""
        switch = self.switches.on(modification)
        self._switched()
        return switch

    def switch_off(self, switch_id: str) -> bool:
        """Remove a modification. Returns False if there is no such switch."""
        found = self.switches.off(switch_id)
        self._switched()
        return found

    def copy(self, name: str, settings: Settings | None = None) -> World:
        """A new world with this one's data and time, with unused limits, nothing switched on, no webhooks and no log.

        Its keys are copies of this one's, with other ids and secrets. `settings` may have another reading of the rate limit.
        """
        own = self.state
        settings = replace(settings or self.settings, world=name)
        clock = own.clock.copy()
        tenants = {organization_id: tenant.copy(name) for organization_id, tenant in own.tenants.items()}
        keys = own.keys.for_world(name)
        state = State(clock, tenants, keys, settings.limiter(name, clock), settings.webhooks(clock))
        twin = World(settings, self._operations, state, name)
        twin.made = self.made
        return twin

    def template(self, settings: Settings, now: float) -> World:
        """A world to copy, with fresh data by these settings, as of `now` (unix seconds), and this one's clock.

        It does not change this world, so another thread can make it.
        """
        settings = replace(settings, began=None, webhook_urls=())
        return World(
            settings, self._operations, seeded_state(replace(settings, began=now), self.state.clock, "template")
        )

    def next_number(self) -> int:
        """A number that was not used in this world before, to make ids and keys from."""
        self.made += 1
        return self.made

    def fresh_state(self, settings: Settings, now: float) -> State:
        """The state for `reset` by these settings, as of `now` (unix seconds).

        It does not change this world, so another thread can make it.
        """
        return seeded_state(replace(settings, began=now), self.state.clock, f"{self.name}/{self._resets + 1}")

    def reset(self, settings: Settings | None = None, state: State | None = None) -> None:
        """Start again with fresh data, keys and limits, by these settings or the world's own.

        `state` is the result of `fresh_state` for these settings, None to make it now.
        """
        settings = settings or self.settings
        state = state or self.fresh_state(settings, self.state.clock.now())
        self._resets += 1
        self.close()
        state.tenants = self._exchanged(state.tenants)
        self._begin(settings, state, made=0)
        self._register_urls()

    def load(self, tenants: Tenants, keys: KeyRing, endpoints: Iterable[Endpoint], made: int) -> None:
        """Replace data, keys and endpoints, and reset the limits. `made` is how many keys and organizations were added later."""
        webhooks = self.settings.webhooks(self.state.clock)
        for endpoint in endpoints:
            webhooks.endpoints.put(endpoint)
        limiter = self.settings.limiter(self._next_namespace(), self.state.clock)
        self.close()
        state = State(self.state.clock, self._exchanged(tenants), keys, limiter, webhooks)
        self._begin(self.settings, state, made)

    def close(self) -> None:
        """End the activity and the deliveries under way. Held requests go on."""
        self.held.clear()
        self.activity.stop()
        self.state.webhooks.close()

    def drop(self) -> None:
        """Close the world, and delete its data. A request that is still under way finds none."""
        self.close()
        self._exchanged({name: Tenant(tenant.organization) for name, tenant in self.state.tenants.items()})

    def _exchanged(self, tenants: Tenants) -> Tenants:
        """Replace the content of this world's one mapping of tenants, so that an old state does not keep its data alive."""
        own = self.state.tenants
        own.clear()
        own.update(tenants)
        return own

    def _begin(self, settings: Settings, state: State, made: int) -> None:
        self.settings = settings
        self.state = state
        self._lasting = [each for each in settings.modifications if each.condition == ALL_REQUESTS]
        self.pipeline = modified(state, self._lasting)
        state.webhooks.steps = self.pipeline.deliveries
        self.made = made
        """The number of keys and organizations that were added after the start."""
        self.activity = Activity(settings.seed, settings.leads)
        self.switches = self._no_switches()
        for modification in settings.modifications:
            if modification.condition != ALL_REQUESTS:
                self.switches.on(modification)
        self.request_log.clear()
        self.rewire()

    def _register_urls(self) -> None:
        for url in self.settings.webhook_urls:
            self.state.webhooks.register(next(iter(self.state.tenants)), url)

    def _next_namespace(self) -> str:
        self._resets += 1
        return f"{self.name}/{self._resets}"

    def _no_switches(self) -> Switches:
        return Switches(self.state, self.settings.sharing, f"{self.name}/{self._resets}")

    def _switched(self) -> None:
        self._views.clear()
        self.state.webhooks.steps = self._modified(self.switches).deliveries

    def _view(self, ids: tuple[str, ...], switches: Iterable[Switch]) -> ASGIApp:
        if not ids:
            return self._app
        found = self._views.get(ids)
        if found is None:
            found = self._views[ids] = self._served(self._modified(switches))
        return found

    def _modified(self, switches: Iterable[Switch]) -> Pipeline:
        """Another pipeline over the same state, with modifications that are switched on."""
        return modified(self.state, [*self._lasting, *(switch.modification for switch in switches)])

    def _served(self, pipeline: Pipeline) -> ASGIApp:
        inner = _wrapped(self._operations, pipeline.inner)
        app = _wrapped(Edge(pipeline, inner, Documentation(pipeline, inner)).serve, pipeline.outer)

        def served(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            scope[PIPELINE] = pipeline
            return app(scope, receive, send)

        return served


def seeded_state(settings: Settings, clock: Clock, namespace: str = "") -> State:
    """Fresh data, keys and limits, with the data that the settings' modifications need, and no endpoints."""
    now = settings.began or clock.now()
    seeded = seed(settings.seed, settings.organizations, settings.contacts, now, settings.progress)
    tenants = {tenant.organization.id: tenant for tenant in seeded}
    keys = KeyRing(mint(list(tenants), settings.seed, now))
    if settings.world:
        keys = keys.for_world(settings.world)
        for tenant in seeded:
            tenant.make_ids_of(settings.world)
    state = State(Clock(now), tenants, keys, settings.limiter(namespace, clock), settings.webhooks(clock))
    for modification in settings.modifications:
        modification.change_data(state)
    state.clock = clock
    return state


def _held(settings: Settings, name: str) -> Held:
    """The holds of a world of that name: of this process, or of all processes that share the state."""
    if settings.sharing is None:
        return Held()
    from mockserver.worlds.shared_held import SharedHeld

    return SharedHeld(settings.sharing, name)


def modified(state: State, modifications: Iterable[Modification]) -> Pipeline:
    """A pipeline over `state`, changed by the modifications in their order."""
    pipeline = default_pipeline(state)
    for modification in modifications:
        modification.change_pipeline(pipeline)
    return pipeline


def _wrapped(app: ASGIApp, layers: Iterable[Layer]) -> ASGIApp:
    for layer in layers:
        app = layer(app)
    return app

"""A world: one state (organizations, keys, limits, clock, webhooks), and the ways in which it is served.

Every request is served by a set of parts. As a rule these are the world's own; while something is switched on for a request, they
are another set over the same state, with that modification installed: so it comes and goes without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from mockserver.access.edge import Edge
from mockserver.access.keys import KeyRing, mint
from mockserver.access.limits import Limiter, Unlimited
from mockserver.activity import Activity
from mockserver.clock import Clock
from mockserver.docs import Documentation
from mockserver.healthy import healthy_parts
from mockserver.journal import Journal
from mockserver.parts import PARTS, Layer, Modification, Parts
from mockserver.switches import Condition, Switch, Switches
from mockserver.tenants.seed import Progress, seed
from mockserver.tenants.tenant import Tenant
from mockserver.webhooks.service import Webhooks
from spec import RateLimits, contract

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.sharing.membership import Membership
    from mockserver.webhooks.endpoints import Endpoint

Tenants = dict[str, Tenant]
"""The organizations' stores, by the organization's id."""

WORLD = "outbound.world"
"""Where the ASGI scope of a control or console request keeps the World that it is about."""

UNLIMITED = 1_000_000
"""Requests a minute, and a burst window, of a mock without rate limit."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a mock is made of. `organizations` and `contacts` (of each organization) are numbers.

    `webhook_urls` are endpoints of the first organization. `webhook_hosts` are the hosts beyond this machine to which events may
    be delivered. `sharing` is this process's place among
    those that share the state, None for a mock of one process; `began` is the unix time that data is made for, where it is not
    the time of its making. `activity` is how many steps a minute a
    sales team does for the first organization, None for none. `progress` is told how far the seeding is.
    """

    seed: int = 1
    organizations: int = 2
    contacts: int = 1_000
    rate_reading: Literal["burst", "strict"] = "burst"
    rate_limited: bool = True
    modifications: Sequence[Modification] = ()
    webhook_urls: Sequence[str] = ()
    webhook_hosts: Sequence[str] = ()
    sharing: Membership | None = None
    began: float | None = None
    activity: float | None = None
    progress: Progress = field(default=lambda _done, _of: None, compare=False)

    def webhooks(self, clock: Clock) -> Webhooks:
        """Webhooks without endpoints. Of several processes one delivers."""
        return Webhooks(clock, self.seed, self.webhook_hosts, self.leads)

    def leads(self) -> bool:
        """Whether this process is the one, of those that share the state, that does what must be done once."""
        return self.sharing is None or self.sharing.leading

    def shown(self) -> dict[str, Any]:
        """What processes must agree on to be one mock."""
        return {
            "seed": self.seed,
            "organizations": self.organizations,
            "contacts": self.contacts,
            "rate reading": self.rate_reading,
            "rate limit": self.rate_limited,
            "modifications": [repr(modification) for modification in self.modifications],
        }

    @property
    def rate_limits(self) -> RateLimits:
        """The limits of every key: the contract's, or ones that nobody reaches."""
        limits = contract().rate_limits
        return limits if self.rate_limited else RateLimits(UNLIMITED, UNLIMITED, limits.burst_window)

    def limiter(self, namespace: str) -> Limiter:
        """A rested limiter. Processes that share their state share it with those that ask for the same namespace."""
        if not self.rate_limited:
            return Unlimited(self.rate_limits, self.rate_reading)
        if self.sharing:
            return self.sharing.limiter(self.rate_limits, self.rate_reading, namespace)
        return Limiter(self.rate_limits, self.rate_reading)


class World:
    """One state of a mock, served by `operations`, the Connexion application that all worlds share.

    `name` is the world's id, empty for the first.
    """

    def __init__(self, settings: Settings, operations: ASGIApp, parts: Parts, name: str = "") -> None:
        self.name = name
        self.settings = settings
        self.parts = parts
        self.journal = Journal(parts.clock)
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
            await self.journal.record(self._app, scope, receive, send)
            return
        taken = self.switches.take(scope)
        ids = tuple(switch.id for switch in taken)
        await self.journal.record(self._view(ids, taken), scope, receive, send, ids)

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
        self.journal.clear()
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

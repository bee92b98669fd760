"""Wiring: the parts of a mock, the ASGI applications that they make, and which path belongs to which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockserver import stack
from mockserver.access.edge import Edge
from mockserver.access.keys import KeyRing, mint
from mockserver.access.limits import Limiter
from mockserver.clock import Clock
from mockserver.control.app import Control
from mockserver.docs import Documentation
from mockserver.parts import Layer, Modification, Parts, default_parts
from mockserver.tenants.seed import seed
from mockserver.webhooks.service import Webhooks
from spec import RateLimits, contract

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

UNLIMITED = 1_000_000
"""Requests a minute, and a burst window, of a mock without rate limit."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a mock is made of. `organizations` and `contacts` (of each organization) are numbers.

    `webhook_hosts` are the hosts beyond this machine to which events may be delivered.
    """

    seed: int = 1
    organizations: int = 2
    contacts: int = 1_000
    rate_reading: Literal["burst", "strict"] = "burst"
    rate_limited: bool = True
    modifications: Sequence[Modification] = ()
    webhook_hosts: Sequence[str] = ()

    @property
    def rate_limits(self) -> RateLimits:
        """The limits of every key: the contract's, or ones that nobody reaches."""
        limits = contract().rate_limits
        return limits if self.rate_limited else RateLimits(UNLIMITED, UNLIMITED, limits.burst_window)


class Mock:
    """A running mock as an ASGI application, with the parts it is made of."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._operations = stack.build(contract().document, parts)
        self._control = Control(parts)
        self._public = self._operations
        self.rewire()

    def rewire(self) -> None:
        """Put the layers of `parts` into effect. All other parts are read at every request."""
        inner = _wrapped(self._operations, self.parts.inner)
        self._public = _wrapped(Edge(self.parts, Documentation(self.parts, inner)), self.parts.outer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            app = self._control if scope["path"].startswith("/_mock") else self._public
            await app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._operations(scope, receive, send)


def _wrapped(app: ASGIApp, layers: Iterable[Layer]) -> ASGIApp:
    for layer in layers:
        app = layer(app)
    return app


def create_app(settings: Settings, clock: Clock | None = None) -> Mock:
    """A mock with fresh data, keys and limits, its modifications installed."""
    clock = clock or Clock()
    tenants = seed(settings.seed, settings.organizations, settings.contacts, clock.now())
    keys = mint([tenant.organization.id for tenant in tenants], settings.seed, clock.now())
    limiter = Limiter(settings.rate_limits, settings.rate_reading)
    webhooks = Webhooks(clock, settings.seed, settings.webhook_hosts)
    parts = default_parts(clock, tenants, KeyRing(keys), limiter, webhooks)
    for modification in settings.modifications:
        modification.install(parts)
    return Mock(parts)

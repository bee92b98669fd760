"""The settings of a mock's first world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from mockserver.api.limits import Limiter, Unlimited
from mockserver.clock import Clock
from mockserver.cluster import outcomes
from mockserver.modifications.registry import Modification
from mockserver.tenants.seed.organizations import OnContactsMade
from mockserver.webhooks.service import Webhooks
from spec import RateLimits, contract

if TYPE_CHECKING:
    from mockserver.cluster.membership import Membership

UNLIMITED = 1_000_000
"""Requests per minute, and in a burst window, of a mock without rate limit."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a mock. `organizations` and `contacts` (of each organization) are numbers.

    `webhook_urls` are endpoints of the first organization. `webhook_hosts` are the hosts beyond this machine to which events
    may be delivered. `sharing` is this process's place among those that share the state, None for a mock of one process.
    `began` is the unix time that data is made for, None for now. `activity` is how many steps a minute a sales team does for
    the first organization, None for none. With `real_time_signatures` deliveries are signed with real time, whatever the clock
    shows. `world` is the id of the world, empty for the first: its keys, secrets and new ids follow from it. `progress` is
    called during seeding.
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
    real_time_signatures: bool = False
    world: str = ""
    progress: OnContactsMade = field(default=lambda _done, _of: None, compare=False)

    def webhooks(self, clock: Clock) -> Webhooks:
        """Webhooks without endpoints. If there are several processes, only one delivers."""
        tell = partial(outcomes.tell, self.sharing, self.world) if self.sharing else None
        webhooks = Webhooks(clock, self.seed, self.webhook_hosts, self.leads, tell, real_time=self.real_time_signatures)
        if self.world:
            webhooks.make_ids_of(self.world)
        return webhooks

    def leads(self) -> bool:
        """Whether this process does the work that only one of the sharing processes must do."""
        return self.sharing is None or self.sharing.leading

    def shown(self) -> dict[str, object]:
        """The settings that must be equal in all processes that share the state."""
        return {
            "seed": self.seed,
            "organizations": self.organizations,
            "contacts": self.contacts,
            "rate reading": self.rate_reading,
            "rate limit": self.rate_limited,
            "real-time signatures": self.real_time_signatures,
            "modifications": [str(modification) for modification in self.modifications],
        }

    @property
    def rate_limits(self) -> RateLimits:
        """The default limits of keys: the contract's, or limits that no client reaches."""
        limits = contract().rate_limits
        return limits if self.rate_limited else RateLimits(UNLIMITED, UNLIMITED, limits.burst_window)

    def limiter(self, namespace: str, clock: Clock) -> Limiter:
        """A limiter without any use, asked with the time of `clock`. Processes that share their state share its counts if
        the namespace is the same.
        """
        limits = self.rate_limits
        if self.sharing:
            limiter = self.sharing.limiter(limits, self.rate_reading, namespace, clock)
        else:
            limiter = Limiter(limits, self.rate_reading)
        return limiter if self.rate_limited else Unlimited(limits, limiter)

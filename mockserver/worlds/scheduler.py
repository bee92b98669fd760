"""Activity of a world: its sales teams do steps of work, on demand or at a rate, in real time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mockserver.tenants.ids import stream
from mockserver.tenants.seed.simulation import SalesTeam

if TYPE_CHECKING:
    from mockserver.api.pipeline import State
    from mockserver.tenants.resource_types import Resource
    from mockserver.tenants.tenant import Tenant

logger = logging.getLogger("outbound.mock")


class Activity:
    """The activity of a world. `rate` is in steps a minute, None if there is no activity.

    If several processes share their state, only one performs the steps: `leads` says whether it is this one.
    """

    def __init__(self, seed: int, leads: Callable[[], bool]) -> None:
        self.rate: float | None = None
        self.organization: str | None = None
        self.steps = 0
        self._seed = seed
        self._leads = leads
        self._teams: dict[str, tuple[Tenant, SalesTeam]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self, rate: float, organization: str, perform: Callable[[], Awaitable[None]]) -> None:
        """Perform `rate` steps a minute for an organization from now on. Earlier activity ends."""
        self.stop()
        self.rate, self.organization, self.steps = rate, organization, 0
        self._task = asyncio.get_running_loop().create_task(self._run(60 / rate, perform))

    def stop(self) -> None:
        """End the activity."""
        self.rate = self.organization = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def step(self, state: State, organization: str, now: float) -> list[Resource]:
        """Do one step at `now` (unix seconds), deliver its events, and return them with their deliveries' ids."""
        self.steps += 1
        events = self._team(state.tenants[organization]).step(now)
        return [
            {**event, "deliveries": [delivery.id for delivery in state.webhooks.publish(organization, event)]}
            for event in events
        ]

    def _team(self, tenant: Tenant) -> SalesTeam:
        known = self._teams.get(tenant.organization.id)
        if known is None or known[0] is not tenant:
            team = SalesTeam(tenant, stream(self._seed, "activity", tenant.organization.id))
            known = self._teams[tenant.organization.id] = (tenant, team)
        return known[1]

    async def _run(self, seconds: float, perform: Callable[[], Awaitable[None]]) -> None:
        """Perform steps on a schedule. A missed step is skipped."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + seconds, loop.time())
            await asyncio.sleep(due - loop.time())
            if self._leads():
                try:
                    await perform()
                except Exception:
                    logger.exception("A step of the activity failed")

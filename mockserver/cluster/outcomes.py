"""Outcomes of deliveries for all processes: the one that delivers tells them as changes, so that all see the same order."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec

from mockserver.cluster.replay import Change, Unshared
from mockserver.webhooks.delivery import Outcome

if TYPE_CHECKING:
    from mockserver.cluster.membership import Membership

SETTLE = "settleDelivery"
"""The operation of such a change, which no client can call."""


async def tell(sharing: Membership, world: str, outcome: Outcome) -> bool:
    """Let each process settle an outcome in a world. Returns False if they cannot be reached."""
    # The outcome has the times of its own.
    change = Change(SETTLE, world, path={}, query={}, body=asdict(outcome), base_url="", now=0.0, running=0.0)
    if sharing.perform is None:
        return False
    try:
        await sharing.perform(change)
    except Unshared:
        return False
    return True


def told(change: Change) -> Outcome:
    """The outcome in a change."""
    return msgspec.convert(change.body, Outcome)

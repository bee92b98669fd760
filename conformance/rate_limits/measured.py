"""The measurements of the rate limit: the attempts of each role, and a disturbance by other users of the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from conformance.checks import NotJudged, NotTested
from conformance.rate_limits.attempts import Attempts, Limits, in_order
from conformance.rate_limits.disturbances import Disturbance
from conformance.rate_limits.traffic_patterns import BORDER, BYSTANDER, SPENDER, SPREAD, STRANGER, WITNESS
from conformance.target.exchange import Credential, Exchange

Reading = Literal["burst", "strict", "neither"]

SPARE_ROLES = (SPENDER, WITNESS, BORDER, SPREAD)
"""The roles that each take a spare key, in this order."""

_NEEDED = {
    SPENDER: "keys.spare, or a second key of the primary organization",
    WITNESS: "2 keys in keys.spare",
    BORDER: "3 keys in keys.spare",
    SPREAD: "4 keys in keys.spare",
    BYSTANDER: "a second key of the primary organization",
    STRANGER: "organizations.secondary",
}


@dataclass(frozen=True)
class Measured:
    """The timelines of the probes by role, on rested keys, and the key of each role for which there is one.

    `bound` is the binding reading, if there is one. `disturbance` says that somebody else used the target meanwhile.
    """

    limits: Limits
    timelines: Mapping[str, Attempts]
    keys: Mapping[str, Credential]
    bound: Reading | None = None
    disturbance: Disturbance | None = None

    def of(self, role: str, last: str = "") -> Attempts:
        """A role's attempts, in order. `last` is the last of all roles that the requirement needs, if it needs several.

        Raises NotTested if there was no key for it; NotJudged if none was served, or if somebody else disturbed the probes.
        """
        if role not in self.keys:
            raise NotTested(f"needs {_NEEDED[last or role]} in the target's description")
        if self.disturbance:
            raise NotJudged(self.disturbance.reason, *self.disturbance.exchanges)
        attempts = in_order(self.timelines.get(role, ()))
        if not attempts:
            raise NotJudged(f"no request was sent with {self.name(role)}")
        if not any(attempt.sound for attempt in attempts):
            name = self.name(role)
            raise NotJudged(f"no request of {name} was answered as its schema asks", *exchanges_of(attempts[:1]))
        return attempts

    def name(self, role: str) -> str:
        """A role's key, as messages name it."""
        return self.keys[role].name

    def known(self) -> list[Attempts]:
        """The timelines of all keys that were used for probes, and that got at least one sound answer."""
        spent = [in_order(self.timelines.get(role, ())) for role in SPARE_ROLES]
        return [attempts for attempts in spent if any(attempt.sound for attempt in attempts)]


def exchanges_of(attempts: Attempts) -> list[Exchange]:
    """The exchanges behind attempts, as evidence; an attempt that got no answer has none."""
    return [attempt.exchange for attempt in attempts if attempt.exchange]

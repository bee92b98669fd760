"""Deliveries that come twice, late, in another order, or not from whom they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from mockserver.api.pipeline import Parts
from mockserver.modifications.catalogue import AppliesTo
from mockserver.modifications.hardships.chance import chances
from mockserver.modifications.hardships.parameters import parameter, probability, seed
from mockserver.tenants.ids import stream
from mockserver.webhooks.delivery import Delivery
from mockserver.webhooks.endpoints import Endpoint
from mockserver.webhooks.sending import Outgoing
from mockserver.webhooks.signing import HEADER
from mockserver.webhooks.steps import Steps

Tampering = Callable[[Outgoing], Outgoing]

_STALE = 3_600.0
_DIGEST = re.compile(r"(v1=|^(?!t=))([^,]+)")
_TIME = re.compile(r"^t=([0-9]+)")


@dataclass(frozen=True)
class DuplicateDeliveries:
    """Events are delivered more than once, under other delivery ids: the event's id tells that it is the same."""

    breaks: ClassVar[tuple[str, ...]] = ()
    applies_to: ClassVar[AppliesTo] = "deliveries"

    probability: float = probability(0.5, "events that come more than once")
    copies: int = parameter(1, "How many more times they come.", 1, 20)
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        steps = parts.webhooks.steps
        healthy = steps.recipients
        happens = chances("duplicate-deliveries", self.seed, self.probability)

        def recipients(endpoints: Sequence[Endpoint], organization: str) -> Sequence[Endpoint]:
            found = healthy(endpoints, organization)
            return [*found] * (1 + self.copies) if happens() else found

        steps.recipients = recipients


@dataclass(frozen=True)
class LostAcknowledgements:
    """An endpoint's answer is lost on its way: what it has taken comes again later, under the same delivery id."""

    breaks: ClassVar[tuple[str, ...]] = ()
    applies_to: ClassVar[AppliesTo] = "deliveries"

    probability: float = probability(0.3, "answers that are lost")
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        steps = parts.webhooks.steps
        healthy = steps.received
        happens = chances("lost-acknowledgements", self.seed, self.probability)
        steps.received = lambda reply: healthy(reply) and not happens()


@dataclass(frozen=True)
class ReorderedDeliveries:
    """Events overtake each other: some are held back for a while, and what comes behind them does not wait."""

    breaks: ClassVar[tuple[str, ...]] = ()
    applies_to: ClassVar[AppliesTo] = "deliveries"

    probability: float = probability(0.5, "deliveries that are held back")
    seconds: float = parameter(2.0, "The longest that one is held back, by the mock's clock.", 0, 3_600)
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        happens = chances("reordered-deliveries", self.seed, self.probability)
        random = stream("reordered-deliveries/seconds", self.seed)
        _hold_back(parts, lambda: random.uniform(0, self.seconds) if happens() else 0.0)


@dataclass(frozen=True)
class LateDeliveries:
    """Events are delivered some time after they happened."""

    breaks: ClassVar[tuple[str, ...]] = ()
    applies_to: ClassVar[AppliesTo] = "deliveries"

    probability: float = probability(1.0, "deliveries that are late")
    seconds: float = parameter(3.0, "How late they are, by the mock's clock.", 0, 86_400)
    spread: float = parameter(0.5, "How much more or less it may be, as a share of the seconds.", 0, 1)
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        happens = chances("late-deliveries", self.seed, self.probability)
        random = stream("late-deliveries/seconds", self.seed)

        def delay() -> float:
            return self.seconds * random.uniform(1 - self.spread, 1 + self.spread) if happens() else 0.0

        _hold_back(parts, delay)


@dataclass(frozen=True)
class TamperedDeliveries:
    """Some deliveries must not be believed: their body, signature or timestamp is not what was signed, or is too old.

    An endpoint that refuses one gets the event again, as it gets everything again that it refuses.
    """

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-2", "HOOK-1", "HOOK-3")
    applies_to: ClassVar[AppliesTo] = "deliveries"

    probability: float = probability(0.3, "attempts that are tampered with")
    part: Literal["any", "body", "signature", "timestamp", "missing", "stale"] = parameter(
        "any",
        "What is changed after it was signed, or whether the signature is missing, or right and an hour old; any draws one.",
    )
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        steps = parts.webhooks.steps
        healthy = steps.compose
        happens = chances("tampered-deliveries", self.seed, self.probability)
        random = stream("tampered-deliveries/part", self.seed)

        def compose(steps: Steps, delivery: Delivery, endpoint: Endpoint, now: float) -> Outgoing:
            if not happens():
                return healthy(steps, delivery, endpoint, now)
            part = random.choice((*_TAMPERINGS, "stale")) if self.part == "any" else self.part
            if part == "stale":
                return healthy(steps, delivery, endpoint, now - _STALE)
            return _TAMPERINGS[part](healthy(steps, delivery, endpoint, now))

        steps.compose = compose


def _hold_back(parts: Parts, delay: Callable[[], float]) -> None:
    """Have the first attempt of each delivery made so many seconds later."""
    steps = parts.webhooks.steps
    healthy = steps.first_delay
    steps.first_delay = lambda delivery: healthy(delivery) + delay()


def _body(outgoing: Outgoing) -> Outgoing:
    return replace(outgoing, body=outgoing.body.replace(b"{", b'{"forged":true,', 1))


def _missing(outgoing: Outgoing) -> Outgoing:
    return replace(outgoing, headers={name: value for name, value in outgoing.headers.items() if name != HEADER})


def _signature(outgoing: Outgoing) -> Outgoing:
    # Every digest, for there are several while a secret is being rotated; the whole header, where it is a bare one.
    return _with_proof(outgoing, lambda proof: _DIGEST.sub(lambda found: found[1] + found[2][::-1], proof))


def _timestamp(outgoing: Outgoing) -> Outgoing:
    return _with_proof(outgoing, lambda proof: _TIME.sub(lambda found: f"t={int(found[1]) - 1}", proof))


def _with_proof(outgoing: Outgoing, change: Callable[[str], str]) -> Outgoing:
    return replace(outgoing, headers={**outgoing.headers, HEADER: change(outgoing.headers.get(HEADER, ""))})


_TAMPERINGS: Mapping[str, Tampering] = {
    "body": _body,
    "signature": _signature,
    "timestamp": _timestamp,
    "missing": _missing,
}

"""Deliveries that come twice, late, in another order, in another format, or with a wrong signature."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.chance import chances
from mockserver.modifications.parameters import About, Seed, share_of
from mockserver.modifications.registry import hardship
from mockserver.tenants.ids import stream
from mockserver.webhooks.delivery import Delivery, Event
from mockserver.webhooks.endpoints import Endpoint
from mockserver.webhooks.sending import Outgoing
from mockserver.webhooks.signing import HEADER
from mockserver.webhooks.steps import Steps

Tampering = Callable[[Outgoing], Outgoing]

_STALE = 3_600.0
_DIGEST = re.compile(r"(v1=|^(?!t=))([^,]+)")
_TIME = re.compile(r"^t=([0-9]+)")


@hardship(applies_to="deliveries")
def duplicate_deliveries(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("events that come more than once")] = 0.5,
    copies: Annotated[int, About("How many more times they come.", 1, 20)] = 1,
    seed: Seed = 1,
) -> None:
    """Events are delivered more than once, with other delivery ids but the same event id."""
    steps = pipeline.deliveries
    inner = steps.recipients
    happens = chances("duplicate-deliveries", seed, probability)

    def recipients(endpoints: Sequence[Endpoint], organization: str, event: Event) -> Sequence[Endpoint]:
        found = inner(endpoints, organization, event)
        return [*found] * (1 + copies) if happens() else found

    steps.recipients = recipients


@hardship(applies_to="deliveries")
def lost_acknowledgements(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("answers that are lost")] = 0.3,
    seed: Seed = 1,
) -> None:
    """An endpoint's answer is lost on its way: the delivery comes again later, with the same delivery id."""
    steps = pipeline.deliveries
    inner = steps.received
    happens = chances("lost-acknowledgements", seed, probability)
    steps.received = lambda reply: inner(reply) and not happens()


@hardship(applies_to="deliveries")
def reordered_deliveries(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("deliveries that are held back")] = 0.5,
    seconds: Annotated[float, About("How long one is held back at most, by the mock's clock.", 0, 3_600)] = 2.0,
    seed: Seed = 1,
) -> None:
    """Events overtake each other: some are held back for a while, and later ones do not wait for them."""
    happens = chances("reordered-deliveries", seed, probability)
    random = stream("reordered-deliveries/seconds", seed)
    _hold_back(pipeline, lambda: random.uniform(0, seconds) if happens() else 0.0)


@hardship(applies_to="deliveries")
def late_deliveries(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("deliveries that are late")] = 1.0,
    seconds: Annotated[float, About("How late they are, by the mock's clock.", 0, 86_400)] = 3.0,
    spread: Annotated[float, About("How much more or less it may be, as a share of the seconds.", 0, 1)] = 0.5,
    seed: Seed = 1,
) -> None:
    """Events are delivered some time after they happened."""
    happens = chances("late-deliveries", seed, probability)
    random = stream("late-deliveries/seconds", seed)

    def delay() -> float:
        return seconds * random.uniform(1 - spread, 1 + spread) if happens() else 0.0

    _hold_back(pipeline, delay)


@hardship(applies_to="deliveries")
def reformatted_deliveries(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("attempts that are reformatted")] = 0.5,
    seed: Seed = 1,
) -> None:
    """Bodies have white space, escapes and 1.0 for 1: the signature covers the raw bytes, not a body that is serialized again."""
    steps = pipeline.deliveries
    inner = steps.serialize
    happens = chances("reformatted-deliveries", seed, probability)

    def serialize(event: Event, organization: str) -> bytes:
        body = inner(event, organization)
        return _reformatted(body) if happens() else body

    steps.serialize = serialize


@hardship("HOOK-2", "HOOK-1", "HOOK-3", applies_to="deliveries")
def tampered_deliveries(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("attempts that are tampered with")] = 0.3,
    part: Annotated[
        Literal["any", "body", "signature", "timestamp", "missing", "stale"],
        About(
            "What is changed after signing; or the signature is missing, or is right but an hour old; any draws one."
        ),
    ] = "any",
    seed: Seed = 1,
) -> None:
    """Some deliveries must be refused: their body, signature or timestamp was changed after signing, or is too old.

    An endpoint that refuses one gets the event again, like every event that it refuses.
    """
    steps = pipeline.deliveries
    inner = steps.compose
    happens = chances("tampered-deliveries", seed, probability)
    random = stream("tampered-deliveries/part", seed)

    def compose(steps: Steps, delivery: Delivery, endpoint: Endpoint, now: float) -> Outgoing:
        if not happens():
            return inner(steps, delivery, endpoint, now)
        drawn = random.choice((*_TAMPERINGS, "stale")) if part == "any" else part
        if drawn == "stale":
            return inner(steps, delivery, endpoint, now - _STALE)
        return _TAMPERINGS[drawn](inner(steps, delivery, endpoint, now))

    steps.compose = compose


def _hold_back(pipeline: Pipeline, delay: Callable[[], float]) -> None:
    """Delay the first attempt of each delivery by the seconds that `delay` draws."""
    steps = pipeline.deliveries
    inner = steps.first_delay
    steps.first_delay = lambda delivery: inner(delivery) + delay()


def _reformatted(body: bytes) -> bytes:
    return json.dumps(json.loads(body, parse_int=float), indent=1).replace("/", r"\/").encode()


def _body(outgoing: Outgoing) -> Outgoing:
    return replace(outgoing, body=outgoing.body.replace(b"{", b'{"forged":true,', 1))


def _missing(outgoing: Outgoing) -> Outgoing:
    return replace(outgoing, headers={name: value for name, value in outgoing.headers.items() if name != HEADER})


def _signature(outgoing: Outgoing) -> Outgoing:
    # Every digest: there are several while a secret is rotated. The whole header if it is a bare digest.
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

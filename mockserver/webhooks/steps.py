"""The steps of a delivery, each a callable that faults and variants can replace:

pipeline.deliveries.retry_delay = lambda delivery, random: None  # never tries again
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import msgspec

from mockserver.webhooks.delivery import Delivery, Event, Form
from mockserver.webhooks.endpoints import Endpoint, mint_secret
from mockserver.webhooks.sending import Outgoing, Reply
from mockserver.webhooks.signing import sign

BACKOFF = (3.0, 12.0, 60.0, 300.0, 1_800.0)
"""Seconds before the second, third, … attempt, give or take a fifth."""

STALE = 600.0
"""Seconds by which the timestamp of a stale delivery is too old: twice the age that a receiver should accept (HOOK-3)."""

_JITTER = 0.2


@dataclass
class Steps:
    """The steps that bring an event to endpoints."""

    recipients: Callable[[Sequence[Endpoint], str, Event], Sequence[Endpoint]]
    """(all endpoints that are switched on, organization id, event) → those that get this event of that organization."""
    mint_secret: Callable[[str, int], str]
    """(organization id, number) → a signing secret; each number is given once."""
    first_delay: Callable[[Delivery], float]
    """Seconds until the first attempt."""
    serialize: Callable[[Event, str], bytes]
    """(event, organization id) → the body of a delivery."""
    timestamp: Callable[[float], str]
    """Unix seconds → the timestamp that is signed and sent."""
    sign: Callable[[Sequence[str], str, bytes], Mapping[str, str]]
    """(signing secrets, timestamp, body) → the headers with the signature."""
    headers: Callable[[Delivery], Mapping[str, str]]
    """The headers of a delivery, without its signature."""
    compose: Callable[[Steps, Delivery, Endpoint, float], Outgoing]
    """(steps, delivery, endpoint, unix seconds) → the request of one attempt."""
    transmit: Callable[[Outgoing], Awaitable[Reply]]
    """Send a request. Raises Unsent."""
    received: Callable[[Reply], bool]
    """Whether an answer says that the endpoint has the event."""
    retry_delay: Callable[[Delivery, Random], float | None]
    """(delivery with its failed attempts, source of the jitter) → seconds until the next one, None to give up."""


def default_steps(transmit: Callable[[Outgoing], Awaitable[Reply]], ahead: Callable[[], float]) -> Steps:
    """The steps as the contract asks for them. `ahead` is by how many seconds signatures are ahead of the mock's clock."""
    return Steps(
        recipients=_own,
        mint_secret=mint_secret,
        first_delay=lambda _delivery: 0.0,
        serialize=_serialize,
        timestamp=lambda now: str(int(now + ahead())),
        sign=sign,
        headers=_headers,
        compose=_compose,
        transmit=transmit,
        received=lambda reply: 200 <= reply.status < 300,
        retry_delay=_retry_delay,
    )


def composed(steps: Steps, delivery: Delivery, endpoint: Endpoint, now: float, form: Form) -> Outgoing:
    """The request of one attempt at `now` (unix seconds), in that form."""
    if form == "stale":
        return steps.compose(steps, delivery, endpoint, now - STALE)
    outgoing = steps.compose(steps, delivery, endpoint, now)
    if form == "tampered":
        return replace(outgoing, body=outgoing.body.rstrip(b" }") + b',"tampered":true}')
    return outgoing


def _own(endpoints: Sequence[Endpoint], organization_id: str, _event: Event) -> Sequence[Endpoint]:
    return [endpoint for endpoint in endpoints if endpoint.organization_id == organization_id]


def _serialize(event: Event, organization_id: str) -> bytes:
    return msgspec.json.encode({**event, "organizationId": organization_id})


def _headers(delivery: Delivery) -> Mapping[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "outbound-mock-webhooks",
        "X-Outbound-Delivery": delivery.id,
        "X-Outbound-Event": delivery.event["eventType"],
    }


def _compose(steps: Steps, delivery: Delivery, endpoint: Endpoint, now: float) -> Outgoing:
    body = steps.serialize(delivery.event, delivery.organization_id)
    proof = steps.sign(endpoint.secrets_at(now), steps.timestamp(now), body)
    return Outgoing("POST", endpoint.url, {**steps.headers(delivery), **proof}, body)


def _retry_delay(delivery: Delivery, random: Random) -> float | None:
    failed = delivery.made
    if failed > len(BACKOFF):
        return None
    return BACKOFF[failed - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)

"""The verdict on a delivery: whether a receiver should accept it, and whether the receiver was right."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from mockserver.clock import milliseconds
from mockserver.control.signatures import TOLERANCE
from mockserver.webhooks.delivery import attempt_record, record
from mockserver.webhooks.signing import HEADER, digest

if TYPE_CHECKING:
    from mockserver.webhooks.delivery import Delivery, DeliveryAttempt
    from mockserver.webhooks.endpoints import Endpoint
    from mockserver.webhooks.service import Webhooks

Flaw = Literal["no signature", "changed body", "changed signature or timestamp", "old timestamp"]
"""Why a receiver must refuse an attempt."""

_WRONG = ("accepted what must be refused", "refused what must be accepted")

LATE = 1.0
"""Seconds after its event from which a first attempt counts as late."""

_PROOF = re.compile(r"(?:^|[,\s])(?:v[0-9]+=|sha256=)?([A-Za-z0-9+/_=-]{40,})")
_TIMESTAMP = re.compile(r"t=([0-9]+)")


def described(delivery: Delivery, webhooks: Webhooks) -> dict[str, object]:
    """The delivery as JSON has it, with what was done to it and the verdict on its receiver."""
    return {
        **record(delivery),
        "attempts": [_judged(attempt, delivery, webhooks) for attempt in delivery.attempts],
        "duplicateOf": _original(delivery, webhooks),
        "lateBy": _late_by(delivery),
    }


def _judged(attempt: DeliveryAttempt, delivery: Delivery, webhooks: Webhooks) -> dict[str, object]:
    """An attempt as JSON has it, with the verdict on its receiver."""
    endpoint = webhooks.endpoints.get(delivery.endpoint_id)
    flaw = None if endpoint is None else flaw_of(attempt, delivery, endpoint)
    came_again = attempt is not delivery.attempts[-1] or delivery.state == "waiting"
    return {
        **attempt_record(attempt),
        "flaw": flaw,
        "verdict": None if endpoint is None else _verdict(attempt, flaw),
        "acknowledgementLost": 200 <= (attempt.status or 0) < 300 and came_again,
    }


def wrong_verdict(delivery: Delivery, webhooks: Webhooks) -> str | None:
    """The receiver's last wrong answer to a delivery, in words; None if all were right."""
    endpoint = webhooks.endpoints.get(delivery.endpoint_id)
    if endpoint is None:
        return None
    verdicts = [_verdict(attempt, flaw_of(attempt, delivery, endpoint)) for attempt in delivery.attempts]
    return next((verdict for verdict in reversed(verdicts) if verdict in _WRONG), None)


def done_to(delivery: Delivery, webhooks: Webhooks) -> Sequence[str]:
    """What the mock did to a delivery, in words: the flaw of its last attempt, a duplicate, a delay."""
    endpoint = webhooks.endpoints.get(delivery.endpoint_id)
    flaw = flaw_of(delivery.attempts[-1], delivery, endpoint) if endpoint and delivery.attempts else None
    words = (flaw, _original(delivery, webhooks) and "duplicate", _late_by(delivery) and "late")
    return [word for word in words if word]


def flaw_of(attempt: DeliveryAttempt, delivery: Delivery, endpoint: Endpoint) -> Flaw | None:
    """Why a receiver must refuse an attempt, None if it must accept it."""
    headers = {name.lower(): value for name, value in attempt.sent.headers.items()}
    proof = headers.get(HEADER.lower(), "")
    if not proof:
        return "no signature"
    timestamp = next(iter(_TIMESTAMP.findall(proof)), None)
    if timestamp is None or not _signs(proof, timestamp, attempt.sent.body, endpoint):
        event = msgspec.json.encode({**delivery.event, "organizationId": delivery.organization_id})
        changed = timestamp is not None and _signs(proof, timestamp, event, endpoint)
        return "changed body" if changed else "changed signature or timestamp"
    return "old timestamp" if abs(attempt.at + attempt.ahead - int(timestamp)) > TOLERANCE else None


def _signs(proof: str, timestamp: str, body: bytes, endpoint: Endpoint) -> bool:
    given = {_plain(found) for found in _PROOF.findall(proof)}
    return any(digest(secret, timestamp, body) in given for secret in endpoint.all_secrets)


def _plain(signature: str) -> str:
    """A signature in hexadecimal digits, whichever of its forms it is in."""
    if re.fullmatch(r"[0-9a-f]{64}", signature):
        return signature
    try:
        return base64.b64decode(signature, validate=True).hex()
    except (binascii.Error, ValueError):
        return signature


def _verdict(attempt: DeliveryAttempt, flaw: Flaw | None) -> str:
    if attempt.status is None:
        return "no answer"
    if 200 <= attempt.status < 300:
        return "accepted" if flaw is None else "accepted what must be refused"
    if attempt.status >= 500:
        return "failed"
    return "refused what must be accepted" if flaw is None else "refused"


def _original(delivery: Delivery, webhooks: Webhooks) -> str | None:
    """The id of the first delivery of the same event to the same endpoint, None if it is this one."""
    same = (delivery.endpoint_id, delivery.event["id"])
    first = next((each.id for each in webhooks.log if (each.endpoint_id, each.event["id"]) == same), delivery.id)
    return None if first == delivery.id else first


def _late_by(delivery: Delivery) -> float | None:
    """Seconds from the event to the first attempt, None if it was not late."""
    created = delivery.event.get("createdAt")
    if not delivery.attempts or created is None:
        return None
    late = delivery.attempts[0].at - milliseconds(created) / 1000
    return round(late, 3) if late >= LATE else None

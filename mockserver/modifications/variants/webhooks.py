"""Other forms of the signature, and other deliveries that can still be verified (HOOK, reading)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence

from mockserver.api.pipeline import Pipeline
from mockserver.modifications.registry import variant
from mockserver.webhooks.delivery import Delivery
from mockserver.webhooks.signing import HEADER, digest
from mockserver.webhooks.signing import sign as signed

_TIMESTAMP = "X-Outbound-Timestamp"


def _sign(pipeline: Pipeline, shown: Callable[[str], str]) -> None:
    """Send the signature alone, and the timestamp in a header of its own: `shown` gets the signature in hex."""

    def sign(secrets: Sequence[str], timestamp: str, body: bytes) -> Mapping[str, str]:
        return {HEADER: shown(digest(secrets[0], timestamp, body)), _TIMESTAMP: timestamp}

    pipeline.deliveries.sign = sign


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


@variant(applies_to="deliveries")
def signature_in_hex(pipeline: Pipeline) -> None:
    """The signature is the bare digest in hex, and the timestamp has a header of its own."""
    _sign(pipeline, lambda digits: digits)


@variant(applies_to="deliveries")
def signature_in_base_64(pipeline: Pipeline) -> None:
    """The signature is the bare digest in base64, and the timestamp has a header of its own."""
    _sign(pipeline, _base64)


@variant(applies_to="deliveries")
def signature_with_prefix(pipeline: Pipeline) -> None:
    """The signature is `sha256=` and the digest in hex, and the timestamp has a header of its own."""
    _sign(pipeline, lambda digits: f"sha256={digits}")


@variant(applies_to="deliveries")
def secrets_under_rotation(pipeline: Pipeline) -> None:
    """A delivery is also signed with a secret that is being replaced, and that signature comes first (several `v1`)."""
    pipeline.deliveries.sign = lambda secrets, timestamp, body: signed(
        [f"{secrets[0]}-replaced", *secrets], timestamp, body
    )


@variant(applies_to="deliveries")
def deliveries_indented(pipeline: Pipeline) -> None:
    """Bodies are indented: the signature covers the raw bytes."""
    inner = pipeline.deliveries.serialize
    pipeline.deliveries.serialize = lambda event, organization: json.dumps(
        json.loads(inner(event, organization)), indent=2, ensure_ascii=False
    ).encode()


@variant(applies_to="deliveries")
def delivery_id_elsewhere(pipeline: Pipeline) -> None:
    """The id of a delivery is in a header of another name (HOOK-6 names none)."""

    def headers(delivery: Delivery) -> Mapping[str, str]:
        return {"Content-Type": "application/json; charset=utf-8", "X-Outbound-Delivery-Id": delivery.id}

    pipeline.deliveries.headers = headers


@variant(applies_to="deliveries")
def ids_of_attempts(pipeline: Pipeline) -> None:
    """The header's id is that of the attempt: only the event's id in the body stays the same (HOOK-6: an id)."""
    steps = pipeline.deliveries
    inner = steps.headers

    def headers(delivery: Delivery) -> Mapping[str, str]:
        attempt = f"{delivery.id}_{delivery.made + 1}"
        return {name: attempt if value == delivery.id else value for name, value in inner(delivery).items()}

    steps.headers = headers

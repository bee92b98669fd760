"""Other forms of the signature, and other deliveries that verify all the same (HOOK, reading)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from mockserver.api.pipeline import Parts
from mockserver.webhooks.delivery import Delivery
from mockserver.webhooks.signing import HEADER, digest
from mockserver.webhooks.signing import sign as signed

_TIMESTAMP = "X-Outbound-Timestamp"


def _sign(parts: Parts, shown: Callable[[str], str]) -> None:
    """Have the signature shown alone, beside the timestamp's own header: `shown` gets it in hex."""

    def sign(secrets: Sequence[str], timestamp: str, body: bytes) -> Mapping[str, str]:
        return {HEADER: shown(digest(secrets[0], timestamp, body)), _TIMESTAMP: timestamp}

    parts.webhooks.steps.sign = sign


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


@dataclass(frozen=True)
class SignatureInHex:
    """The signature is the bare digest in hex, the timestamp has a header of its own."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _sign(parts, lambda digits: digits)


@dataclass(frozen=True)
class SignatureInBase64:
    """The signature is the bare digest in base64, the timestamp has a header of its own."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _sign(parts, _base64)


@dataclass(frozen=True)
class SignatureWithPrefix:
    """The signature is `sha256=` and the digest in hex, the timestamp has a header of its own."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _sign(parts, lambda digits: f"sha256={digits}")


@dataclass(frozen=True)
class SecretsUnderRotation:
    """A delivery is signed with a secret that is being replaced too, and that one comes first (several `v1`)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        parts.webhooks.steps.sign = lambda secrets, timestamp, body: signed(
            [f"{secrets[0]}-replaced", *secrets], timestamp, body
        )


@dataclass(frozen=True)
class DeliveriesIndented:
    """Bodies are indented: the raw bytes are what is signed, whatever they look like."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        healthy = parts.webhooks.steps.serialize
        parts.webhooks.steps.serialize = lambda event, organization: json.dumps(
            json.loads(healthy(event, organization)), indent=2, ensure_ascii=False
        ).encode()


@dataclass(frozen=True)
class DeliveryIdElsewhere:
    """The id of a delivery comes in a header of another name (HOOK-6 names none)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        def headers(delivery: Delivery) -> Mapping[str, str]:
            return {"Content-Type": "application/json; charset=utf-8", "X-Outbound-Delivery-Id": delivery.id}

        parts.webhooks.steps.headers = headers


@dataclass(frozen=True)
class IdsOfAttempts:
    """The header's id is that of the attempt: what stays the same is the event's id in the body (HOOK-6: an id)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        steps = parts.webhooks.steps
        healthy = steps.headers

        def headers(delivery: Delivery) -> Mapping[str, str]:
            attempt = f"{delivery.id}_{delivery.made + 1}"
            return {name: attempt if value == delivery.id else value for name, value in healthy(delivery).items()}

        steps.headers = headers

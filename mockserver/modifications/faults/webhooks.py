"""Deliveries that cannot be verified, that go astray, or that come once or never."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Parts
from mockserver.modifications.helpers.pages import keyset_page, matching, newest_first
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.webhooks.delivery import Delivery
from mockserver.webhooks.endpoints import Endpoint
from mockserver.webhooks.sending import Outgoing
from mockserver.webhooks.signing import HEADER, digest
from mockserver.webhooks.steps import Steps

Headers = Mapping[str, str]


def _change_outgoing(parts: Parts, change: Callable[[Outgoing], Outgoing]) -> None:
    """Have the requests to endpoints changed when they are ready."""
    steps = parts.webhooks.steps
    healthy = steps.compose
    steps.compose = lambda steps, delivery, endpoint, now: change(healthy(steps, delivery, endpoint, now))


def _sign_as(parts: Parts, hexdigest: Callable[[str, str, bytes], str]) -> None:
    """Have deliveries signed otherwise, in the form of ever: (secret, timestamp, body) → hex."""

    def sign(secrets: Sequence[str], timestamp: str, body: bytes) -> Headers:
        return {HEADER: f"t={timestamp},v1={hexdigest(secrets[0], timestamp, body)}"}

    parts.webhooks.steps.sign = sign


def _change_event(parts: Parts, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Have events delivered otherwise than they are in the feed."""
    steps = parts.webhooks.steps
    healthy = steps.serialize
    steps.serialize = lambda event, organization: healthy(change(dict(event)), organization)


@dataclass(frozen=True)
class DeliveryByPut:
    """Deliveries are PUT."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-1",)

    def install(self, parts: Parts) -> None:
        _change_outgoing(parts, lambda outgoing: replace(outgoing, method="PUT"))


@dataclass(frozen=True)
class DeliveryUnsigned:
    """Deliveries carry no signature."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-1",)

    def install(self, parts: Parts) -> None:
        parts.webhooks.steps.sign = lambda _secrets, _timestamp, _body: {}


@dataclass(frozen=True)
class DeliveryAsForm:
    """Deliveries are forms with the event in a field."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-1",)

    def install(self, parts: Parts) -> None:
        steps = parts.webhooks.steps
        serialize, headers = steps.serialize, steps.headers
        steps.serialize = lambda event, organization: b"payload=" + serialize(event, organization)
        steps.headers = lambda delivery: {
            **headers(delivery),
            "Content-Type": "application/x-www-form-urlencoded",
        }


@dataclass(frozen=True)
class SignedWithoutDot:
    """Nothing stands between timestamp and body in what is signed."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-2",)

    def install(self, parts: Parts) -> None:
        _sign_as(parts, lambda secret, timestamp, body: _hmac(secret, timestamp.encode() + body))


@dataclass(frozen=True)
class SignedBodyAlone:
    """The timestamp is sent, and not signed: an old delivery can be sent again."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-2",)

    def install(self, parts: Parts) -> None:
        _sign_as(parts, lambda secret, _timestamp, body: _hmac(secret, body))


@dataclass(frozen=True)
class SignedAnew:
    """What is signed is the event serialized once more, with spaces, not the body that is sent."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-2",)

    def install(self, parts: Parts) -> None:
        _sign_as(
            parts,
            lambda secret, timestamp, body: digest(
                secret, timestamp, json.dumps(json.loads(body), ensure_ascii=False).encode()
            ),
        )


@dataclass(frozen=True)
class SignedInAscii:
    """What is signed has everything beyond ASCII escaped: only the deliveries with such a text fail."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-2",)

    def install(self, parts: Parts) -> None:
        _sign_as(
            parts,
            lambda secret, timestamp, body: digest(
                secret, timestamp, json.dumps(json.loads(body), separators=(",", ":")).encode()
            ),
        )


@dataclass(frozen=True)
class SignedWithSha512:
    """Deliveries are signed with HMAC-SHA512."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-2",)

    def install(self, parts: Parts) -> None:
        _sign_as(
            parts,
            lambda secret, timestamp, body: hmac.new(
                secret.encode(), timestamp.encode() + b"." + body, hashlib.sha512
            ).hexdigest(),
        )


def _hmac(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class TimestampInMilliseconds:
    """The timestamp is in milliseconds."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-3",)

    def install(self, parts: Parts) -> None:
        parts.webhooks.steps.timestamp = lambda now: str(int(now * 1_000))


@dataclass(frozen=True)
class TimestampStale:
    """The timestamp is an hour old: the local time of a zone is taken for UTC."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-3",)

    def install(self, parts: Parts) -> None:
        parts.webhooks.steps.timestamp = lambda now: str(int(now - 3_600))


@dataclass(frozen=True)
class DeliveredToEverybody:
    """Every endpoint gets the events of every organization."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-4",)

    def install(self, parts: Parts) -> None:
        parts.webhooks.steps.recipients = lambda endpoints, _organization: endpoints


@dataclass(frozen=True)
class DeliveredUnderAnotherId:
    """A delivered event has an id of its own, which the feed does not know."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-5",)

    def install(self, parts: Parts) -> None:
        _change_event(parts, lambda event: {**event, "id": f"whe_{event['id']}"})


@dataclass(frozen=True)
class DeliveredUnderAnotherType:
    """A delivered event's type is written with an underscore."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-5",)

    def install(self, parts: Parts) -> None:
        _change_event(parts, lambda event: {**event, "eventType": event["eventType"].replace(".", "_")})


@dataclass(frozen=True)
class DeliveredNotLogged:
    """What is delivered does not come into the feed."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-5",)

    def install(self, parts: Parts) -> None:
        healthy, since = parts.page, int(parts.clock.now() * 1_000)

        def page(
            caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int
        ) -> Page:
            if collection != "events":
                return healthy(caller, collection, filters, after, limit)
            rows = [row for row in matching(caller.tenant, collection, filters) if row.created_at_ms < since]
            return keyset_page(rows, newest_first, after, limit)

        parts.page = page


@dataclass(frozen=True)
class NeverTriedAgain:
    """A delivery that fails is lost."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-6",)

    def install(self, parts: Parts) -> None:
        parts.webhooks.steps.retry_delay = lambda _delivery, _random: None


@dataclass(frozen=True)
class TriedAgainAsItWas:
    """A further attempt has the first one's timestamp and signature, which are stale by then."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-6",)

    def install(self, parts: Parts) -> None:
        steps = parts.webhooks.steps
        healthy = steps.compose

        def compose(steps: Steps, delivery: Delivery, endpoint: Endpoint, now: float) -> Outgoing:
            first = delivery.attempts[0].sent if delivery.attempts else None
            return first or healthy(steps, delivery, endpoint, now)

        steps.compose = compose


@dataclass(frozen=True)
class OneSecretForAll:
    """All endpoints have the same signing secret."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-7",)

    def install(self, parts: Parts) -> None:
        healthy = parts.webhooks.steps.mint_secret
        parts.webhooks.steps.mint_secret = lambda _organization, _number: healthy("all", 0)


@dataclass(frozen=True)
class OneSecretForAnOrganization:
    """The endpoints of an organization have the same signing secret."""

    breaks: ClassVar[tuple[str, ...]] = ("HOOK-7",)

    def install(self, parts: Parts) -> None:
        healthy = parts.webhooks.steps.mint_secret
        parts.webhooks.steps.mint_secret = lambda organization, _number: healthy(organization, 0)

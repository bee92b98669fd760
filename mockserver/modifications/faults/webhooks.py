"""Deliveries that cannot be verified, go to the wrong endpoint, or are not tried again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.pages import keyset_page, matching, newest_first
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.resource_types import Resource
from mockserver.webhooks.delivery import Delivery, Event
from mockserver.webhooks.endpoints import Endpoint
from mockserver.webhooks.sending import Outgoing
from mockserver.webhooks.signing import HEADER, digest
from mockserver.webhooks.steps import Steps

Headers = Mapping[str, str]


def _change_outgoing(pipeline: Pipeline, change: Callable[[Outgoing], Outgoing]) -> None:
    """Change the requests to endpoints when they are ready."""
    steps = pipeline.deliveries
    inner = steps.compose
    steps.compose = lambda steps, delivery, endpoint, now: change(inner(steps, delivery, endpoint, now))


def _sign_as(pipeline: Pipeline, hexdigest: Callable[[str, str, bytes], str]) -> None:
    """Sign deliveries with another digest, in the usual form: (secret, timestamp, body) → hex."""

    def sign(secrets: Sequence[str], timestamp: str, body: bytes) -> Headers:
        return {HEADER: f"t={timestamp},v1={hexdigest(secrets[0], timestamp, body)}"}

    pipeline.deliveries.sign = sign


def _change_event(pipeline: Pipeline, change: Callable[[Resource], Resource]) -> None:
    """Change events before they are delivered, but not in the feed."""
    steps = pipeline.deliveries
    inner = steps.serialize
    steps.serialize = lambda event, organization: inner(change(dict(event)), organization)


@fault("HOOK-1", applies_to="deliveries")
def delivery_by_put(pipeline: Pipeline) -> None:
    """Deliveries are PUT requests."""
    _change_outgoing(pipeline, lambda outgoing: replace(outgoing, method="PUT"))


@fault("HOOK-1", applies_to="deliveries")
def delivery_unsigned(pipeline: Pipeline) -> None:
    """Deliveries carry no signature."""
    pipeline.deliveries.sign = lambda _secrets, _timestamp, _body: {}


@fault("HOOK-1", applies_to="deliveries")
def delivery_as_form(pipeline: Pipeline) -> None:
    """Deliveries are forms with the event in a field."""
    steps = pipeline.deliveries
    serialize, headers = steps.serialize, steps.headers
    steps.serialize = lambda event, organization: b"payload=" + serialize(event, organization)
    steps.headers = lambda delivery: {
        **headers(delivery),
        "Content-Type": "application/x-www-form-urlencoded",
    }


@fault("HOOK-2", applies_to="deliveries")
def signed_without_dot(pipeline: Pipeline) -> None:
    """The signature covers timestamp and body without the dot between them."""
    _sign_as(pipeline, lambda secret, timestamp, body: _hmac(secret, timestamp.encode() + body))


@fault("HOOK-2", applies_to="deliveries")
def signed_body_alone(pipeline: Pipeline) -> None:
    """The timestamp is sent, but not signed: an attacker can send an old delivery again."""
    _sign_as(pipeline, lambda secret, _timestamp, body: _hmac(secret, body))


@fault("HOOK-2", applies_to="deliveries")
def signed_anew(pipeline: Pipeline) -> None:
    """The signature covers the event serialized again, with spaces, and not the body that is sent."""
    _sign_as(
        pipeline,
        lambda secret, timestamp, body: digest(
            secret, timestamp, json.dumps(json.loads(body), ensure_ascii=False).encode()
        ),
    )


@fault("HOOK-2", applies_to="deliveries")
def signed_in_ascii(pipeline: Pipeline) -> None:
    """The signature covers a body with all non-ASCII characters escaped: only deliveries with such characters fail."""
    _sign_as(
        pipeline,
        lambda secret, timestamp, body: digest(
            secret, timestamp, json.dumps(json.loads(body), separators=(",", ":")).encode()
        ),
    )


@fault("HOOK-2", applies_to="deliveries")
def signed_with_sha_512(pipeline: Pipeline) -> None:
    """Deliveries are signed with HMAC-SHA512."""
    _sign_as(
        pipeline,
        lambda secret, timestamp, body: hmac.new(
            secret.encode(), timestamp.encode() + b"." + body, hashlib.sha512
        ).hexdigest(),
    )


def _hmac(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


@fault("HOOK-3", applies_to="deliveries")
def timestamp_in_milliseconds(pipeline: Pipeline) -> None:
    """The timestamp is in milliseconds."""
    pipeline.deliveries.timestamp = lambda now: str(int(now * 1_000))


@fault("HOOK-3", applies_to="deliveries")
def timestamp_stale(pipeline: Pipeline) -> None:
    """The timestamp is an hour old: a local time is taken for UTC."""
    pipeline.deliveries.timestamp = lambda now: str(int(now - 3_600))


@fault("HOOK-4", applies_to="deliveries")
def delivered_to_everybody(pipeline: Pipeline) -> None:
    """Every endpoint gets the events of every organization."""
    pipeline.deliveries.recipients = lambda endpoints, _organization, _event: endpoints


@fault("HOOK-4", applies_to="deliveries")
def created_contacts_told_to_everybody(pipeline: Pipeline) -> None:
    """Every endpoint gets the events of contacts that are added, whatever their organization."""
    steps = pipeline.deliveries
    inner = steps.recipients

    def recipients(endpoints: Sequence[Endpoint], organization: str, event: Event) -> Sequence[Endpoint]:
        everybody = event["eventType"] == "contact.created"
        return endpoints if everybody else inner(endpoints, organization, event)

    steps.recipients = recipients


@fault("HOOK-5", applies_to="deliveries")
def delivered_under_another_id(pipeline: Pipeline) -> None:
    """A delivered event has another id than in the feed."""
    _change_event(pipeline, lambda event: {**event, "id": f"whe_{event['id']}"})


@fault("HOOK-5", applies_to="deliveries")
def delivered_under_another_type(pipeline: Pipeline) -> None:
    """A delivered event's type is written with an underscore."""
    _change_event(pipeline, lambda event: {**event, "eventType": event["eventType"].replace(".", "_")})


@fault("HOOK-5")
def delivered_not_logged(pipeline: Pipeline) -> None:
    """Delivered events do not appear in the feed."""
    inner, since = pipeline.page, int(pipeline.state.clock.now() * 1_000)

    def page(caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
        if collection != "events":
            return inner(caller, collection, filters, after, limit)
        rows = [row for row in matching(caller.tenant, collection, filters) if row.created_at_ms < since]
        return keyset_page(rows, newest_first, after, limit)

    pipeline.page = page


@fault("HOOK-6", applies_to="deliveries")
def never_tried_again(pipeline: Pipeline) -> None:
    """A delivery that fails is not tried again."""
    pipeline.deliveries.retry_delay = lambda _delivery, _random: None


@fault("HOOK-6", applies_to="deliveries")
def tried_again_as_it_was(pipeline: Pipeline) -> None:
    """Later attempts have the timestamp and the signature of the first one, which are too old by then."""
    steps = pipeline.deliveries
    inner = steps.compose

    def compose(steps: Steps, delivery: Delivery, endpoint: Endpoint, now: float) -> Outgoing:
        first = delivery.attempts[0].sent if delivery.attempts else None
        return first or inner(steps, delivery, endpoint, now)

    steps.compose = compose


@fault("HOOK-7", applies_to="deliveries")
def one_secret_for_all(pipeline: Pipeline) -> None:
    """All endpoints have the same signing secret."""
    inner = pipeline.deliveries.mint_secret
    pipeline.deliveries.mint_secret = lambda _organization, _number: inner("all", 0)


@fault("HOOK-7", applies_to="deliveries")
def one_secret_for_an_organization(pipeline: Pipeline) -> None:
    """The endpoints of an organization have the same signing secret."""
    inner = pipeline.deliveries.mint_secret
    pipeline.deliveries.mint_secret = lambda organization, _number: inner(organization, 0)

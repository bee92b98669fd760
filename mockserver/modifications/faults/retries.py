"""Deliveries whose later attempts are wrong: the first ones are right, so only an endpoint that fails sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mockserver.api.pipeline import Pipeline
from mockserver.modifications.registry import fault
from mockserver.webhooks.delivery import Delivery, Event
from mockserver.webhooks.endpoints import Endpoint
from mockserver.webhooks.sending import Outgoing
from mockserver.webhooks.signing import HEADER, digest
from mockserver.webhooks.steps import Steps


def _change_retries(pipeline: Pipeline, changed: Callable[[Steps], Steps]) -> None:
    """Make later attempts by other steps than the first one."""
    inner = pipeline.deliveries.compose

    def compose(steps: Steps, delivery: Delivery, endpoint: Endpoint, now: float) -> Outgoing:
        return inner(changed(steps) if delivery.attempts else steps, delivery, endpoint, now)

    pipeline.deliveries.compose = compose


@fault("HOOK-1", applies_to="deliveries")
def retries_unsigned(pipeline: Pipeline) -> None:
    """Later attempts carry no signature."""
    _change_retries(pipeline, lambda steps: replace(steps, sign=lambda _secrets, _timestamp, _body: {}))


@fault("HOOK-2", applies_to="deliveries")
def retries_signed_otherwise(pipeline: Pipeline) -> None:
    """The signature of later attempts does not cover the timestamp."""
    _change_retries(
        pipeline,
        lambda steps: replace(
            steps,
            sign=lambda secrets, timestamp, body: {HEADER: f"t={timestamp},v1={digest(secrets[0], '', body)}"},
        ),
    )


@fault("HOOK-3", applies_to="deliveries")
def retries_stamped_in_milliseconds(pipeline: Pipeline) -> None:
    """The timestamp of later attempts is in milliseconds."""
    _change_retries(pipeline, lambda steps: replace(steps, timestamp=lambda now: str(int(now * 1_000))))


@fault("HOOK-5", "HOOK-6", applies_to="deliveries")
def retries_under_another_id(pipeline: Pipeline) -> None:
    """Later attempts carry another id of the event, and another one of the delivery."""

    def renamed(steps: Steps) -> Steps:
        return replace(
            steps,
            serialize=lambda event, organization: steps.serialize({**event, "id": f"{event['id']}r"}, organization),
            headers=lambda delivery: steps.headers(replace(delivery, id=f"{delivery.id}r")),
        )

    _change_retries(pipeline, renamed)


@fault("HOOK-5", applies_to="deliveries")
def retries_under_another_type(pipeline: Pipeline) -> None:
    """Later attempts write the event's type with an underscore."""

    def retyped(steps: Steps) -> Steps:
        def serialize(event: Event, organization: str) -> bytes:
            return steps.serialize({**event, "eventType": event["eventType"].replace(".", "_")}, organization)

        return replace(steps, serialize=serialize)

    _change_retries(pipeline, retyped)

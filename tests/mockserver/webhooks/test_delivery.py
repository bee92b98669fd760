"""The mock delivers events as the contract says: signed, to their own organization, and again if an attempt fails."""

from __future__ import annotations

import asyncio
import json

import pytest

from mockserver.clock import Clock
from mockserver.webhooks import service
from mockserver.webhooks.delivery import Delivery, DeliveryAttempt, record
from mockserver.webhooks.endpoints import ROTATION, Endpoint
from mockserver.webhooks.sending import Outgoing, Reply, Unsent
from mockserver.webhooks.service import ATTEMPT_WITHIN, Webhooks
from mockserver.webhooks.signing import HEADER, digest, sign
from mockserver.webhooks.steps import BACKOFF
from tests.support.mock_client import START
from tests.support.waiting import until

OWN, FOREIGN = "org_own", "org_foreign"

EVENT = {
    "id": "evt_1",
    "eventType": "contact.created",
    "resource": {"type": "contact", "id": "con_1"},
    "data": {"note": "Zoë 🚀"},
    "createdAt": "2026-05-25T09:41:37.402Z",
}

OK = Reply(200)


class Receiver:
    """Takes each request, and answers as the test says: a reply, an exception, or None for silence."""

    def __init__(self, *answers: Reply | Exception | None) -> None:
        self.answers = list(answers)
        self.requests: list[Outgoing] = []

    async def __call__(self, outgoing: Outgoing) -> Reply:
        self.requests.append(outgoing)
        answer = self.answers.pop(0) if self.answers else OK
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        assert answer is not None
        return answer

    @property
    def timestamps(self) -> list[int]:
        return [int(request.headers[HEADER].split(",")[0].removeprefix("t=")) for request in self.requests]


def webhooks(receiver: Receiver, clock: Clock | None = None) -> Webhooks:
    made = Webhooks(clock or Clock(START))
    made.steps.transmit = receiver
    return made


async def attempted(delivery: Delivery, times: int) -> None:
    await until(lambda: len(delivery.attempts) == times and delivery.state != "sending")


async def more_made(delivery: Delivery, before: int) -> None:
    await until(lambda: delivery.made > before and delivery.state != "sending")


def test_the_signature_is_that_of_openssl() -> None:
    expected = "38877139021993b830af32feea6e18a8da83eb2f6e49ee50bd9e4cf4ca4d3789"
    assert digest("whsec_test", "1700000000", b'{"a":1}') == expected
    assert sign(("whsec_test",), "1700000000", b'{"a":1}') == {HEADER: f"t=1700000000,v1={expected}"}


def test_a_replaced_secret_signs_beside_the_new_one_for_a_while() -> None:
    clock = Clock(START)
    hooks = Webhooks(clock)
    endpoint = hooks.register(OWN, "http://127.0.0.1:9/")
    rotated = hooks.rotate(endpoint.id)
    assert rotated.secret != endpoint.secret
    assert rotated.secrets_at(clock.now()) == (rotated.secret, endpoint.secret)
    assert rotated.secrets_at(clock.now() + ROTATION) == (rotated.secret,)
    assert sign(rotated.secrets_at(START), "1", b"")[HEADER].count("v1=") == 2


def test_every_endpoint_has_a_secret_of_its_own_and_the_same_in_every_run() -> None:
    runs = [[Webhooks(Clock(START)).register(OWN, "http://127.0.0.1:9/").secret for _ in "a"] for _ in range(2)]
    hooks = Webhooks(Clock(START))
    secrets = [hooks.register(organization, "http://127.0.0.1:9/").secret for organization in (OWN, OWN, FOREIGN)]
    assert len(set(secrets)) == 3
    assert runs[0] == runs[1] == secrets[:1]


def test_a_delivery_is_the_event_with_its_organization_signed_over_its_raw_bytes() -> None:
    async def story() -> None:
        receiver = Receiver()
        hooks = webhooks(receiver)
        endpoint = hooks.register(OWN, "http://127.0.0.1:9/hook")
        (delivery,) = hooks.publish(OWN, EVENT)
        assert not receiver.requests, "publishing does not wait for the delivery"
        await until(lambda: delivery.state == "delivered")
        (request,) = receiver.requests
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/hook")
        assert json.loads(request.body) == {**EVENT, "organizationId": OWN}
        assert "Zoë 🚀".encode() in request.body
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["X-Outbound-Delivery"] == delivery.id
        assert request.headers["X-Outbound-Event"] == EVENT["eventType"]
        assert request.headers[HEADER] == f"t={int(START)},v1={digest(endpoint.secret, str(int(START)), request.body)}"

    asyncio.run(story())


def test_events_reach_the_endpoints_of_their_own_organization_that_are_switched_on() -> None:
    async def story() -> None:
        receiver = Receiver()
        hooks = webhooks(receiver)
        on, off, gone = (hooks.register(OWN, f"http://127.0.0.1:9/{name}") for name in ("on", "off", "gone"))
        hooks.register(FOREIGN, "http://127.0.0.1:9/foreign")
        hooks.endpoints.enable(off.id, enabled=False)
        hooks.endpoints.remove(gone.id)
        assert [delivery.endpoint_id for delivery in hooks.publish(OWN, EVENT)] == [on.id]

    asyncio.run(story())


def test_a_failed_attempt_is_made_again_by_the_clock_and_signed_anew() -> None:
    async def story() -> None:
        clock = Clock(START)
        receiver = Receiver(Reply(500), Unsent("the connection was refused"), Reply(302))
        hooks = webhooks(receiver, clock)
        hooks.register(OWN, "http://127.0.0.1:9/")
        (delivery,) = hooks.publish(OWN, EVENT)
        for failed, pause in enumerate(BACKOFF[:3], start=1):
            await attempted(delivery, failed)
            assert pause * 0.8 <= delivery.due - clock.now() <= pause * 1.2
            await asyncio.sleep(service._TICK * 1.5)
            assert len(receiver.requests) == failed, "nothing is tried before its time"
            clock.advance(pause * 1.2)
        await until(lambda: delivery.state == "delivered")
        assert [(attempt.status, attempt.error) for attempt in delivery.attempts] == [
            (500, None),
            (None, "the connection was refused"),
            (302, None),
            (200, None),
        ]
        assert receiver.timestamps == sorted(set(receiver.timestamps))
        assert {request.headers["X-Outbound-Delivery"] for request in receiver.requests} == {delivery.id}
        assert len({request.body for request in receiver.requests}) == 1

    asyncio.run(story())


def test_an_endpoint_that_never_answers_is_given_up() -> None:
    async def story() -> None:
        clock = Clock(START)
        hooks = webhooks(Receiver(*[Reply(500)] * 9), clock)
        hooks.register(OWN, "http://127.0.0.1:9/")
        (delivery,) = hooks.publish(OWN, EVENT)
        for failed, pause in enumerate(BACKOFF, start=1):
            await attempted(delivery, failed)
            clock.advance(pause * 1.2)
        await attempted(delivery, 1 + len(BACKOFF))
        assert delivery.state == "given up"

    asyncio.run(story())


def test_the_time_out_of_an_attempt_follows_the_clock() -> None:
    async def story() -> None:
        clock = Clock(START)
        receiver = Receiver(None)
        hooks = webhooks(receiver, clock)
        hooks.register(OWN, "http://127.0.0.1:9/")
        (delivery,) = hooks.publish(OWN, EVENT)
        await until(lambda: receiver.requests)
        clock.advance(ATTEMPT_WITHIN - 0.1)
        await asyncio.sleep(service._TICK * 1.5)
        assert not delivery.attempts
        clock.advance(0.1)
        await until(lambda: delivery.attempts)
        assert delivery.attempts[0].error == "no answer within 5 s"

    asyncio.run(story())


def test_jitter_comes_from_the_seed() -> None:
    failed = Delivery("dlv_1", "whk_1", OWN, EVENT, START)
    failed.add_attempt(DeliveryAttempt(START, Outgoing("POST", "http://127.0.0.1:9/", {}, b""), 0.0))

    def delays(number: int) -> list[float | None]:
        hooks = Webhooks(Clock(START), seed=number)
        return [hooks.steps.retry_delay(failed, hooks._jitter) for _ in range(5)]

    assert delays(1) == delays(1) != delays(2)
    assert all(BACKOFF[0] * 0.8 <= (delay or 0) <= BACKOFF[0] * 1.2 for delay in delays(1))


def test_an_attempt_that_fails_changes_no_later_id() -> None:
    async def ids(*answers: Reply) -> list[str]:
        hooks = webhooks(Receiver(*answers))
        hooks.register(OWN, "http://127.0.0.1:9/")
        (first,) = hooks.publish(OWN, EVENT)
        await attempted(first, 1)
        return [first.id, hooks.publish(OWN, EVENT)[0].id]

    assert asyncio.run(ids(Reply(500))) == asyncio.run(ids(OK))


def test_a_slow_endpoint_is_sent_to_sixteen_at_once() -> None:
    async def story() -> None:
        clock = Clock(START)
        receiver = Receiver(*[None] * 20)
        hooks = webhooks(receiver, clock)
        hooks.register(OWN, "http://127.0.0.1:9/")
        for _ in range(20):
            hooks.publish(OWN, EVENT)
        await until(lambda: len(receiver.requests) == 16)
        await asyncio.sleep(service._TICK * 1.5)
        assert len(receiver.requests) == 16
        clock.advance(ATTEMPT_WITHIN)
        await until(lambda: len(receiver.requests) == 20)

    asyncio.run(story())


def test_a_step_that_crashes_ends_its_delivery_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        receiver = Receiver(KeyError("a defect"))
        hooks = webhooks(receiver)
        hooks.register(OWN, "http://127.0.0.1:9/")
        crashed, sound = (hooks.publish(OWN, EVENT)[0] for _ in range(2))
        await until(lambda: crashed.state == "given up" and sound.state == "delivered")

    asyncio.run(story())
    assert "A delivery failed" in caplog.text


def test_what_the_log_no_longer_shows_is_tried_again_but_not_kept() -> None:
    async def story() -> None:
        clock = Clock(START)
        receiver = Receiver(*[Reply(500)] * 4, Reply(200))
        hooks = webhooks(receiver, clock)
        hooks.register(OWN, "http://127.0.0.1:9/")
        (first,) = hooks.publish(OWN, EVENT)
        await attempted(first, 1)
        for _ in range(service.KEPT):
            hooks._show(Delivery("dlv_other", "whk_other", OWN, EVENT, START))
        assert first not in hooks.log
        for delay in BACKOFF[:4]:
            clock.advance(delay * 1.3)
            await more_made(first, first.made)
        assert (first.made, first.state) == (5, "delivered")
        assert [attempt.status for attempt in first.attempts] == [500]

    asyncio.run(story())


def test_the_log_is_bounded_and_shows_no_signature() -> None:
    async def story() -> None:
        hooks = webhooks(Receiver(Reply(500, b"<p>down</p>")))
        endpoint = hooks.register(OWN, "http://127.0.0.1:9/")
        (first,) = hooks.publish(OWN, EVENT)
        await until(lambda: first.attempts)
        shown = json.dumps(record(first))
        assert "<p>down</p>" in shown
        assert json.loads(shown)["attempts"][0]["request"]["headers"][HEADER].startswith(f"t={int(START)},v1=…")
        secret_parts = [endpoint.secret, first.attempts[0].sent.headers[HEADER].rpartition("=")[2]]
        assert not any(part in shown for part in secret_parts)
        for _ in range(service.KEPT + 3):
            hooks.publish(OWN, EVENT)
        assert len(hooks.log) == service.KEPT

    asyncio.run(story())


def test_a_delivery_can_be_sent_once_more() -> None:
    async def story() -> None:
        receiver = Receiver(OK, None)
        hooks = webhooks(receiver)
        hooks.register(OWN, "http://127.0.0.1:9/")
        (delivery,) = hooks.publish(OWN, EVENT)
        await until(lambda: delivery.state == "delivered")
        assert hooks.redeliver(delivery.id) is delivery
        await until(lambda: len(receiver.requests) == 2)
        with pytest.raises(ValueError, match="under way"):
            hooks.redeliver(delivery.id)
        with pytest.raises(KeyError):
            hooks.redeliver("dlv_unknown")

    asyncio.run(story())


def test_an_endpoint_keeps_its_secrets_to_itself() -> None:
    assert "whsec" not in repr(Endpoint("whk_1", OWN, "http://127.0.0.1/", "whsec_1", START, replaced="whsec_0"))

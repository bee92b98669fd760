"""The mock delivers events as the contract says: signed, to their own organization, again where an attempt fails."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conformance.probes.receiver import Receiver as HttpReceiver
from mockserver.clock import Clock
from mockserver.tenants.seed import seed
from mockserver.webhooks import service
from mockserver.webhooks.delivery import Attempt, Delivery, record
from mockserver.webhooks.endpoints import ROTATION, Endpoint
from mockserver.webhooks.happening import EVENT_TYPES, happen
from mockserver.webhooks.sending import Outgoing, Reply, Sender, Unsent
from mockserver.webhooks.service import ATTEMPT_WITHIN, Webhooks
from mockserver.webhooks.signing import HEADER, digest, sign
from mockserver.webhooks.steps import BACKOFF
from tests.mock_client import Client, new_mock
from tests.test_mock_cli import PATIENCE, running

START = 1_790_000_000.0
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
    """Takes what is transmitted, and answers as told: a reply, an exception, or None for silence."""

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


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.002)


async def attempted(delivery: Delivery, times: int) -> None:
    await until(lambda: len(delivery.attempts) == times and delivery.state != "sending")


def in_loop(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(_awaited(story))


async def _awaited(story: Callable[[], Awaitable[None]]) -> None:
    await story()


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

    in_loop(story)


def test_events_reach_the_endpoints_of_their_own_organization_that_are_switched_on() -> None:
    async def story() -> None:
        receiver = Receiver()
        hooks = webhooks(receiver)
        on, off, gone = (hooks.register(OWN, f"http://127.0.0.1:9/{name}") for name in ("on", "off", "gone"))
        hooks.register(FOREIGN, "http://127.0.0.1:9/foreign")
        hooks.endpoints.enable(off.id, enabled=False)
        hooks.endpoints.remove(gone.id)
        assert [delivery.endpoint_id for delivery in hooks.publish(OWN, EVENT)] == [on.id]

    in_loop(story)


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

    in_loop(story)


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

    in_loop(story)


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

    in_loop(story)


def test_jitter_comes_from_the_seed() -> None:
    failed = Delivery("dlv_1", "whk_1", OWN, EVENT, START)
    failed.take_down(Attempt(START, Outgoing("POST", "http://127.0.0.1:9/", {}, b""), 0.0))

    def delays(number: int) -> list[float | None]:
        hooks = Webhooks(Clock(START), seed=number)
        return [hooks.steps.retry_delay(failed, hooks._random) for _ in range(5)]

    assert delays(1) == delays(1) != delays(2)
    assert all(BACKOFF[0] * 0.8 <= (delay or 0) <= BACKOFF[0] * 1.2 for delay in delays(1))


def test_slow_endpoints_are_sent_to_sixteen_at_once() -> None:
    async def story() -> None:
        clock = Clock(START)
        receiver = Receiver(*[None] * 20)
        hooks = webhooks(receiver, clock)
        for _ in range(20):
            hooks.register(OWN, "http://127.0.0.1:9/")
        hooks.publish(OWN, EVENT)
        await until(lambda: len(receiver.requests) == 16)
        await asyncio.sleep(service._TICK * 1.5)
        assert len(receiver.requests) == 16
        clock.advance(ATTEMPT_WITHIN)
        await until(lambda: len(receiver.requests) == 20)

    in_loop(story)


def test_a_step_that_crashes_ends_its_delivery_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        receiver = Receiver(KeyError("a defect"))
        hooks = webhooks(receiver)
        hooks.register(OWN, "http://127.0.0.1:9/")
        crashed, sound = (hooks.publish(OWN, EVENT)[0] for _ in range(2))
        await until(lambda: crashed.state == "given up" and sound.state == "delivered")

    in_loop(story)
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
            before = first.made
            await until(lambda: first.made > before and first.state != "sending")  # noqa: B023 - called within the turn
        assert (first.made, first.state) == (5, "delivered")
        assert [attempt.status for attempt in first.attempts] == [500]

    in_loop(story)


def test_the_log_is_bounded_and_shows_no_signature() -> None:
    async def story() -> None:
        hooks = webhooks(Receiver(Reply(500, b"<p>down</p>")))
        endpoint = hooks.register(OWN, "http://127.0.0.1:9/")
        (first,) = hooks.publish(OWN, EVENT)
        await until(lambda: first.attempts)
        shown = json.dumps(record(first))
        assert "<p>down</p>" in shown
        assert record(first)["attempts"][0]["request"]["headers"][HEADER].startswith(f"t={int(START)},v1=…")
        secret_parts = [endpoint.secret, first.attempts[0].sent.headers[HEADER].rpartition("=")[2]]
        assert not any(part in shown for part in secret_parts)
        for _ in range(service.KEPT + 3):
            hooks.publish(OWN, EVENT)
        assert len(hooks.log) == service.KEPT

    in_loop(story)


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

    in_loop(story)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "127.0.0.1:80/hook",
        "http:///hook",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://user:password@127.0.0.1/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "http://[::1/",
        "http://127.0.0.1/é",
        "http://127.0.0.1/" + "a" * 2_000,
    ],
)
def test_a_url_that_nothing_can_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|port|Port"):
        Webhooks(Clock(START)).register(OWN, url)


@asynccontextmanager
async def listening(answer: bytes, requests: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server on loopback that reads a request, writes bytes, and holds the connection open unless there are none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        if requests is not None:
            requests.append(head + body)
        writer.write(answer)
        await writer.drain()
        if answer:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def test_a_request_goes_over_the_wire_to_the_byte() -> None:
    async def story() -> None:
        requests: list[bytes] = []
        async with listening(b"HTTP/1.1 204 No Content\r\n\r\n", requests) as address:
            outgoing = Outgoing("POST", f"{address}/hook?a=b%2F", {"X-Name": "value"}, "é".encode())
            assert await Sender()(outgoing) == Reply(204)
        host = address.removeprefix("http://")
        lines = ["POST /hook?a=b%2F HTTP/1.1", f"Host: {host}", "X-Name: value", "Content-Length: 2"]
        assert requests == ["\r\n".join([*lines, "Connection: close", "", "é"]).encode()]

    in_loop(story)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Reply(200)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", Reply(202, b"ok")),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Reply(302)),
    ],
)
def test_the_first_final_answer_counts_and_redirects_are_not_followed(answer: bytes, reply: Reply) -> None:
    async def story() -> None:
        async with listening(answer) as address:
            assert await Sender()(Outgoing("POST", address, {}, b"")) == reply

    in_loop(story)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "the connection was closed without an answer"),
        (b"no HTTP\r\n\r\n", "the answer is no HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000, "the answer is no HTTP"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 6, "the answer is no HTTP"),
    ],
)
def test_what_is_no_answer_is_said_in_one_line(answer: bytes, reason: str) -> None:
    async def story() -> None:
        async with listening(answer) as address:
            with pytest.raises(Unsent, match=f"^{reason}$"):
                await Sender()(Outgoing("POST", address, {}, b""))

    in_loop(story)


def test_nobody_listening_is_said_in_one_line() -> None:
    async def story() -> None:
        async with listening(b"") as address:
            pass
        with pytest.raises(Unsent, match=r"[Cc]onnect|refused"):
            await Sender()(Outgoing("POST", address, {}, b""))

    in_loop(story)


@pytest.mark.parametrize("host", ["two..dots.example", f"{'a' * 64}.example"])
def test_a_host_that_is_no_name_is_said_in_one_line(host: str) -> None:
    with pytest.raises(Unsent, match=r"^the URL's host is no name that could be looked up$"):
        asyncio.run(Sender()(Outgoing("POST", f"http://{host}/", {}, b"")))


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[tuple[str, int]]:
    """Let every name resolve to these addresses, and every connection be refused; yields who was connected to."""
    tried: list[tuple[str, int]] = []

    async def getaddrinfo(_loop: Any, _host: str, port: int, **_: Any) -> list[Any]:
        return [(None, None, None, "", (address, port)) for address in addresses]

    async def open_connection(host: str, port: int, **_: Any) -> Any:
        tried.append((host, port))
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    return tried


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "10.0.0.1", "0.0.0.0", "169.254.169.254", "::ffff:192.0.2.1", "fe80::1%lo"]
)
def test_nothing_is_sent_beyond_this_machine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    tried = resolving(monkeypatch, address)
    with pytest.raises(Unsent, match="not on this machine"):
        asyncio.run(Sender(["other.example"])(Outgoing("POST", "http://sneaky.example/", {}, b"")))
    assert tried == []


def test_a_name_with_several_addresses_is_sent_to_at_that_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = resolving(monkeypatch, "192.0.2.1", "127.0.0.1")
    with pytest.raises(Unsent, match="refused"):
        asyncio.run(Sender()(Outgoing("POST", "http://both.example:81/", {}, b"")))
    assert tried == [("127.0.0.1", 81)]


def test_an_allowed_host_may_be_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = resolving(monkeypatch, "192.0.2.1")
    with pytest.raises(Unsent, match="refused"):
        asyncio.run(Sender(["Hooks.Example"])(Outgoing("POST", "https://hooks.example/", {}, b"")))
    assert tried == [("192.0.2.1", 443)]


def test_an_event_happens_to_a_resource_that_is_there() -> None:
    tenant, empty = (seed(1, 1, contacts, START)[0] for contacts in (60, 0))
    for event_type in EVENT_TYPES:
        kind, _, _ = event_type.partition(".")
        event = happen(tenant, START, event_type)
        assert event == tenant.events.read(event["id"])
        assert event["resource"]["type"] == kind
        assert getattr(tenant, f"{kind}s").get(event["resource"]["id"])
        assert happen(empty, START, event_type)["eventType"] == event_type
    with pytest.raises(ValueError, match=r"contact\., list\., draft\."):
        happen(tenant, START, "invoice.paid")


def test_every_other_event_is_beyond_ascii_and_the_types_take_turns() -> None:
    (tenant,) = seed(1, 1, 60, START)
    events = [happen(tenant, START) for _ in EVENT_TYPES]
    assert {event["eventType"] for event in events} == set(EVENT_TYPES)
    ascii_ones = [json.dumps(event, ensure_ascii=False).isascii() for event in events]
    assert all(one != following for one, following in pairwise(ascii_ones))


class TestControl:
    """The control API's routes."""

    def ask(self, method: str, path: str, **body: Any) -> Any:
        return self.client.ask(method, f"/_mock{path}", json.dumps(body).encode())

    @pytest.fixture(autouse=True)
    def _client(self) -> None:
        self.client = Client(new_mock())

    def test_an_endpoint_is_registered_listed_rotated_and_removed(self) -> None:
        organization = list(self.client.mock.parts.tenants)[1]
        made = self.ask("POST", "/webhooks", organization=organization, url="http://127.0.0.1:9/").json
        assert made["signingSecret"].startswith("whsec_")
        (listed,) = self.ask("GET", "/webhooks").json["data"]
        assert (listed["id"], listed["organization"]) == (made["id"], organization)
        assert listed["secret"] == f"whsec_…{made['signingSecret'][-4:]}"
        rotated = self.ask("POST", f"/webhooks/{made['id']}/rotate").json
        assert rotated["signingSecret"] not in ("", made["signingSecret"])
        assert self.ask("DELETE", f"/webhooks/{made['id']}").status == 204
        assert self.ask("DELETE", f"/webhooks/{made['id']}").status == 404
        assert self.ask("GET", "/webhooks").json == {"data": []}

    def test_an_event_happens_and_is_logged_with_its_deliveries(self) -> None:
        self.ask("POST", "/webhooks", url="http://127.0.0.1:9/")
        event = self.ask("POST", "/events", eventType="list.created", data={"name": "Ü"}).json
        tenant = next(iter(self.client.mock.parts.tenants.values()))
        assert (tenant.events.read(event["id"]) or {})["data"] == {"name": "Ü"}
        (delivery,) = self.ask("GET", "/deliveries").json["data"]
        assert [delivery["id"]] == event["deliveries"]
        assert delivery["eventId"] == event["id"]

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/webhooks", {}),
            ("/webhooks", {"url": 1}),
            ("/webhooks", {"url": "ftp://127.0.0.1/"}),
            ("/webhooks", {"url": "http://127.0.0.1/", "organization": "org_unknown"}),
            ("/events", {"eventType": "invoice.paid"}),
            ("/events", {"eventType": 1}),
            ("/events", {"data": []}),
            ("/webhooks", {"id": "whk_1", "url": "http://127.0.0.1/"}),
        ],
    )
    def test_what_cannot_be_taken_is_refused_in_one_line(self, path: str, body: dict[str, Any]) -> None:
        answer = self.ask("POST", path, **body)
        assert answer.status == 400
        assert "\n" not in answer.json["detail"]


def test_an_endpoint_keeps_its_secrets_to_itself() -> None:
    assert "whsec" not in repr(Endpoint("whk_1", OWN, "http://127.0.0.1/", "whsec_1", START, replaced="whsec_0"))


def test_an_endpoint_of_the_command_line_gets_events_that_its_printed_secret_verifies(tmp_path: Path) -> None:
    receiver = HttpReceiver("127.0.0.1:0", lambda: 0.0)
    endpoint = receiver.endpoint("primary")
    try:
        with running(tmp_path, "--webhook", endpoint.url) as mock:
            assert mock.hook("webhooks", "trigger").returncode == 0
            assert receiver.wait(lambda: bool(endpoint.arrived), PATIENCE)
            printed, _ = mock.interrupt()
    finally:
        receiver.close()
    endpoint.secret = re.findall(r"whsec_[0-9a-f]+", printed)[0]
    assert endpoint.deliveries[0].verified


def test_an_endpoint_that_cannot_be_is_a_usage_error() -> None:
    arguments = [sys.executable, "-m", "mockserver", "--port", "0", "--contacts", "0", "--webhook", "ftp://127.0.0.1/"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert re.fullmatch(r"outbound-mock: [^\n]*--webhook[^\n]*\n", done.stderr)

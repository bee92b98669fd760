"""The judge's receiver reads every form of HTTP that senders use, and a live session says what it could not do."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.checks import NotTested, Violation
from conformance.target.clock import TargetClock
from conformance.target.redaction import Redactor
from conformance.webhooks.receiver import CannotListen, Endpoint, Receiver, ReceiverAnswer
from conformance.webhooks.session import Live
from spec.commands import CommandFailed
from spec.target import Webhooks

WITHIN = 30.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver("127.0.0.1:0", count(1_000.0).__next__)
    yield made
    made.close()


def ask(url: str, method: str = "POST", body: Any = b"{}", **headers: str) -> int:
    """The status of the answer. Raises the exception of `http.client` if there is none."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=WITHIN)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, parts.path, body, named, encode_chunked="Transfer-Encoding" in named)
        return connection.getresponse().status
    finally:
        connection.close()


def raw(endpoint: Endpoint, text: bytes) -> bytes:
    """The answer to bytes that are sent unchanged."""
    parts = urlsplit(endpoint.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=WITHIN) as connection:
        connection.sendall(text.replace(b"PATH", parts.path.encode()))
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4_096), b""))


def test_what_arrives_is_written_down_to_the_byte(receiver: Receiver) -> None:
    endpoint = receiver.endpoint("primary")
    assert ask(endpoint.url, body="Zoë 🚀".encode(), X_Name="a") == 200
    endpoint.secret = "whsec_1"
    (delivery,) = endpoint.deliveries
    assert (delivery.method, delivery.body, delivery.secret) == ("POST", "Zoë 🚀".encode(), "whsec_1")
    assert ("X-Name", "a") in delivery.headers
    assert (delivery.endpoint, delivery.number, delivery.at) == ("primary", 1, 1_000.0)


def test_a_tunnel_may_put_a_path_before_an_endpoints_own(receiver: Receiver) -> None:
    listening = receiver.address
    receiver.address = "https://tunnel.example/hook"
    endpoint = receiver.endpoint("primary")
    assert endpoint.url.startswith("https://tunnel.example/hook/primary/")
    own = urlsplit(endpoint.url).path
    for path in (own, own.removeprefix("/hook")):
        assert ask(listening + path) == 200
    assert ask(f"{listening}/hook/primary/guessed") == 404
    assert len(endpoint.deliveries) == 2


def test_header_bytes_beyond_ascii_and_repeated_headers_stay_as_they_are(receiver: Receiver) -> None:
    endpoint = receiver.endpoint("primary")
    answer = raw(endpoint, b"POST PATH HTTP/1.1\r\nContent-Length: 1\r\nX: \xff\xc3\xa9\r\nx: 2\r\n\r\n1")
    assert answer.startswith(b"HTTP/1.1 200 ")
    values = [value for name, value in endpoint.deliveries[0].headers if name.lower() == "x"]
    assert values == ["\xff\xc3\xa9", "2"]


def test_a_body_in_chunks_is_read_whole(receiver: Receiver) -> None:
    endpoint = receiver.endpoint("primary")
    assert ask(endpoint.url, body=iter([b"ab", b"c" * 5_000]), Transfer_Encoding="chunked") == 200
    assert endpoint.deliveries[0].body == b"ab" + b"c" * 5_000


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"POST PATH HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST PATH HTTP/1.1\r\nContent-Length: 5\r\n\r\n{}", b"400"),
        (b"POST PATH HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST PATH HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST PATH HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", b"413"),
        (b"POST PATH HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", b"413"),
        (b"POST /elsewhere HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", b"404"),
        (b"POST PATH/more HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", b"404"),
        (b"\x00\xff\r\n\r\n", b"400"),
        (b"", b""),
    ],
)
def test_what_is_no_delivery_is_turned_away(
    receiver: Receiver, capfd: pytest.CaptureFixture[str], request_text: bytes, status: bytes
) -> None:
    endpoint = receiver.endpoint("primary")
    assert status in raw(endpoint, request_text).partition(b"\r\n")[0]
    assert endpoint.deliveries == ()
    assert ask(endpoint.url) == 200, "the receiver goes on"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_deliveries_too(receiver: Receiver, method: str) -> None:
    endpoint = receiver.endpoint("primary")
    assert ask(endpoint.url, method) == 200
    assert endpoint.deliveries[0].method == method


def test_a_look_whether_the_endpoint_is_there_is_no_delivery(receiver: Receiver) -> None:
    endpoint = receiver.endpoint("primary")
    assert [ask(endpoint.url, method, b"") for method in ("GET", "HEAD", "OPTIONS")] == [200, 200, 200]
    assert endpoint.deliveries == ()
    assert receiver.visits == 3


def test_an_endpoint_answers_as_its_script_says(receiver: Receiver) -> None:
    answers: list[ReceiverAnswer] = ["error", "drop", "accept"]
    endpoint = receiver.endpoint("primary", lambda _: answers.pop(0))
    assert ask(endpoint.url) == 500
    with pytest.raises(http.client.RemoteDisconnected):
        ask(endpoint.url)
    assert ask(endpoint.url) == 200
    assert len(endpoint.deliveries) == 3


def test_silence_lasts_until_the_sender_hangs_up(receiver: Receiver) -> None:
    endpoint = receiver.endpoint("primary", lambda _: "silence")
    parts = urlsplit(endpoint.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=WITHIN)
    connection.request("POST", parts.path, b"{}")
    assert receiver.wait(lambda: receiver.holding, WITHIN)
    connection.close()
    assert receiver.wait(lambda: not receiver.holding, WITHIN)


def test_closing_hangs_up_on_whoever_still_waits() -> None:
    receiver = Receiver("127.0.0.1:0", lambda: 0.0)
    endpoint = receiver.endpoint("primary", lambda _: "silence")
    ended: list[Exception] = []

    def deliver() -> None:
        try:
            ask(endpoint.url)
        except (OSError, http.client.HTTPException) as error:
            ended.append(error)

    sender = threading.Thread(target=deliver)
    sender.start()
    assert receiver.wait(lambda: receiver.holding, WITHIN)
    receiver.close()
    sender.join(WITHIN)
    assert [type(error) for error in ended] == [http.client.RemoteDisconnected]


def test_an_address_that_is_taken_is_said_in_one_line(receiver: Receiver) -> None:
    with pytest.raises(CannotListen, match=r"\Acannot listen on 127\.0\.0\.1:\d+: [^\n]+\Z"):
        Receiver(urlsplit(receiver.address).netloc, lambda: 0.0)


def live(receiver: Receiver, **settings: Any) -> Live:
    return Live(Webhooks(**settings), receiver, TargetClock(), Redactor())


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"register": "false"}, "webhooks.register: the command 'false' exited with 1"),
        ({"register": "true"}, "webhooks.register: the command printed no signing secret"),
        ({"register": "no-such-command"}, "webhooks.register: the command 'no-such-command' could not be run"),
        ({"register": "echo whsec_1"}, "needs webhooks.trigger"),
        ({"register": "echo whsec_1", "trigger": "false"}, "webhooks.trigger: the command 'false' exited with 1"),
    ],
)
def test_a_command_that_fails_is_the_reason_why_nothing_is_tested(
    receiver: Receiver, settings: dict[str, str], reason: str
) -> None:
    with pytest.raises(NotTested, match=reason):
        live(receiver, **settings).begin()


def test_the_signing_secrets_are_learnt_by_the_redactor(receiver: Receiver) -> None:
    started = live(receiver, register="echo whsec_0123456789abcdef")
    with pytest.raises(NotTested):
        started.begin()
    assert "0123456789" not in started.redactor.text("whsec_0123456789abcdef")


def test_silence_is_a_violation_only_where_the_receiver_can_be_reached_for_sure(receiver: Receiver) -> None:
    silent = live(receiver)
    with pytest.raises(Violation, match="no delivery reached"):
        silent.judge_silence(embedded=True)
    with pytest.raises(NotTested, match="can the target reach that address"):
        silent.judge_silence(embedded=False)
    ask(receiver.endpoint("secondary").url)
    with pytest.raises(Violation, match="no delivery reached"):
        silent.judge_silence(embedded=False)


def test_a_clock_that_cannot_be_moved_keeps_nothing_else_from_being_judged(receiver: Receiver) -> None:
    def stuck(_seconds: int) -> None:
        raise CommandFailed("it is stuck")

    started = Live(Webhooks(), receiver, TargetClock(stuck), Redactor())
    started.main, started.troubled = receiver.endpoint("primary"), receiver.endpoint("troubled", started.trouble)
    started.trouble.armed = True
    assert ask(started.troubled.url) == 500
    started.settle()
    with pytest.raises(NotTested, match=r"hooks\.advance_clock: it is stuck"):
        started.attempts("error")


def test_a_contact_is_added_once_and_its_event_waited_for(receiver: Receiver) -> None:
    started = live(receiver)
    started.main, started.neighbour = receiver.endpoint("primary"), receiver.endpoint("secondary")
    started.add_contact("false")
    body = b'{"id": "evt_1", "eventType": "contact.created"}'
    ask(started.main.url, body=body.replace(b"1", b"0"))
    started.since = started.main.arrived[0].received
    late = threading.Timer(0.2, lambda: [ask(end.url, body=body) for end in (started.main, started.neighbour) if end])
    late.start()
    started.add_contact("true")
    assert [len(started.main.arrived), len(started.neighbour.arrived)] == [2, 1]
    started.add_contact("no-such-command")
    late.join()

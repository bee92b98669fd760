"""What the commands that steer a mock say of a server that is none, and of an address that is none: one line, and what to do."""

from __future__ import annotations

import pytest

from mockserver.control import client
from tests.support.answering_server import answering

NO_MOCK = "no mock or world is there; name its address by --url or OUTBOUND_MOCK_URL"


def answer(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (answer("404 Not Found", '{"detail": "Not Found."}'), f" answers 404 (Not Found): {NO_MOCK}"),
        (answer("404 Not Found", "<html>"), f" answers 404 (Not Found): {NO_MOCK}"),
        (answer("302 Found", ""), f" answers 302 (Found): {NO_MOCK}"),
        (answer("200 OK", '{"status": "ok"}'), f" answers something else: {NO_MOCK}"),
        (answer("200 OK", "[]"), f" answers something else: {NO_MOCK}"),
        (
            answer("401 Unauthorized", "{}"),
            " answers 401 (Unauthorized): put the token of the mock into " + client.TOKEN,
        ),
        (b"SSH-2.0-OpenSSH\r\n", ": what it answers is no HTTP; does a mock run there? --url names another address"),
        (b"", ": it closed the connection (with --tls, a mock's address begins with https://); does a mock run there?"),
    ],
)
def test_a_server_that_is_no_mock_is_told(sent: bytes, told: str) -> None:
    with answering(sent) as (address, _), pytest.raises(client.Failed) as raised:
        client.find(str(address))
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_nothing_is_changed_at_a_server_that_is_no_mock() -> None:
    with answering(answer("200 OK", "{}")) as (address, got), pytest.raises(client.Failed):
        client.find(str(address))
    assert got[0].startswith(b"GET /_mock/health ")


def test_https_at_a_mock_without_tls_is_told() -> None:
    with (
        answering(answer("400 Bad Request", "")) as (address, _),
        pytest.raises(client.Failed, match="does not speak TLS"),
    ):
        client.find(str(address.copy_with(scheme="https")))


@pytest.mark.parametrize(
    "text",
    [
        "nowhere",
        "localhost:8080",
        "ftp://a.test",
        "http://",
        "http://[::1",
        "http://a.test:99999",
        "http://a b",
        "http://a/b c",
    ],
)
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(client.NoAddress, match=r"\A[^\n]* is no address such as http://127.0.0.1:8080[^\n]*\Z"):
        client.find(text)


def test_a_password_in_an_address_is_not_shown() -> None:
    with pytest.raises(client.NoAddress, match=r"http://…@a\.test is no address"):
        client.find("http://me:secret@a.test")

"""Commands of the control API that a target's description uses as its hooks.

It imports very little, because a conformance run starts it often.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import ssl
import sys
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

TOKEN = "OUTBOUND_MOCK_CONTROL_TOKEN"  # noqa: S105 - the name of the variable, not the token
"""The environment variable with the token of a mock that asks for one: the mock reads it too."""

TIMEOUT = 10.0
"""Seconds to wait for the mock."""

_MOST = 100_000_000
"""Bytes of an answer that are read."""

_CONNECTIONS: dict[str, type[http.client.HTTPConnection]] = {
    "http": http.client.HTTPConnection,
    "https": http.client.HTTPSConnection,
}
_NO_MOCK = "no mock or world is there; name its address by --url or OUTBOUND_MOCK_URL"

Json = dict[str, Any]
"""A JSON object of a request or an answer."""


class Failed(Exception):
    """The mock could not be asked, or refused. The message is one line."""


class NoAddress(Failed):
    """A text that is no address of a mock; the message does not show a password that stands in it."""

    def __init__(self, url: str, reason: str = "") -> None:
        super().__init__(f"{re.sub('//.*@', '//…@', url)} is no address such as http://127.0.0.1:8080{reason}")


class ErrorAnswer(Failed):
    """An answer of another status than 2xx. The message is the detail of its problem, or the name of the status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def main(arguments: list[str] | None = None) -> int:
    """Run one command, and print its result. Returns the exit code: 0, or 1 with a line on standard error."""
    try:
        print(perform(arguments))
    except Failed as failure:
        print(f"mock control: {failure}", file=sys.stderr)
        return 1
    return 0


def perform(arguments: list[str] | None = None) -> str:
    """The result of one command. Raises Failed."""
    options = _parser().parse_args(arguments)
    return str(options.run(options))


@cache
def find(url: str) -> None:
    """Raise Failed unless a mock or world answers at `url`: what is meant for it must not be sent to another server.

    Once found, it is not looked for again.
    """
    try:
        health = request(url, "/_mock/health", method="GET")
    except ErrorAnswer as refused:
        told = f"{url} answers {refused.status} ({str(refused).rstrip('.')})"
        if refused.status == HTTPStatus.UNAUTHORIZED:
            raise Failed(f"{told}: put the token of the mock into {TOKEN}") from None
        raise Failed(f"{told}: {_NO_MOCK}") from None
    if not isinstance(health.get("organizations"), list):
        raise Failed(f"{url} answers something else: {_NO_MOCK}")


def request(url: str, path: str, body: Json | None = None, *, method: str = "POST") -> Json:
    """Send a JSON object to the control API of the mock or world at `url`. Returns the object of its answer. Raises Failed."""
    connection = _connection(url)
    headers = {**_credentials(), **({} if body is None else {"Content-Type": "application/json"})}
    target = urlsplit(url).path.rstrip("/") + path
    try:
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read(_MOST)
    except (http.client.InvalidURL, UnicodeError) as error:
        raise NoAddress(url, f": {error}") from error
    except ssl.SSLCertVerificationError as error:
        told = f"no answer from {url}: its certificate is not trusted: {error.verify_message}"
        raise Failed(f"{told}; name its authority: SSL_CERT_FILE=outbound-mock-authority.pem") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        told = f"no answer from {url}: {_reason(error)}"
        raise Failed(f"{told}; does a mock run there? --url names another address") from error
    finally:
        connection.close()
    return _answered(url, response, text)


def _connection(url: str) -> http.client.HTTPConnection:
    """A connection, not open yet, to the server of an address. Raises NoAddress."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in _CONNECTIONS or not parts.hostname or "@" in parts.netloc:
            raise NoAddress(url)
        return _CONNECTIONS[parts.scheme](parts.hostname, parts.port, timeout=TIMEOUT)
    except (http.client.InvalidURL, ValueError) as error:
        raise NoAddress(url, f": {error}") from error


def _reason(error: Exception) -> str:
    """Why there is no answer, in a few words."""
    match error:
        case http.client.RemoteDisconnected():
            return "it closed the connection (with --tls, a mock's address begins with https://)"
        case ssl.SSLError():
            return "it does not speak TLS (without --tls, a mock's address begins with http://)"
        case http.client.HTTPException():
            return "what it answers is no HTTP"
    return getattr(error, "strerror", None) or str(error)


def _answered(url: str, response: http.client.HTTPResponse, text: bytes) -> Json:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if not 200 <= response.status < 300:
        detail = answer.get("detail") if isinstance(answer, dict) else None
        raise ErrorAnswer(response.status, detail if isinstance(detail, str) else response.reason)
    if not isinstance(answer, dict):
        raise Failed(f"{url} answers something else: {_NO_MOCK}")
    return answer


def _credentials() -> dict[str, str]:
    token = os.environ.get(TOKEN)
    return {"Authorization": f"Bearer {token}"} if token else {}


def _add_contact(options: argparse.Namespace) -> str:
    return str(request(options.url, "/_mock/contacts", _organization(options))["id"])


def _advance_clock(options: argparse.Namespace) -> str:
    return str(request(options.url, "/_mock/clock", {"advance": options.seconds})["now"])


def _register_webhook(options: argparse.Namespace) -> str:
    body = {"url": options.receiver, **_organization(options)}
    return str(request(options.url, "/_mock/webhooks", body)["secret"])


def _trigger_event(options: argparse.Namespace) -> str:
    return str(request(options.url, "/_mock/events", _organization(options))["id"])


def _organization(options: argparse.Namespace) -> Json:
    return {} if options.organization is None else {"organization": options.organization}


@cache
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mockserver.control.client", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the mock")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = commands.add_parser("add-contact", help="add a contact; prints its id")
    advance = commands.add_parser("advance-clock", help="move the mock's clock on; prints its time")
    register = commands.add_parser("register-webhook", help="register an endpoint; prints its signing secret")
    trigger = commands.add_parser("trigger-event", help="make an event happen; prints its id")
    for command in (add, register, trigger):
        command.add_argument("--organization", metavar="ID", help="the organization's id; without it the first one")
    advance.add_argument("seconds", type=float)
    register.add_argument("receiver", metavar="URL")
    for command, run in (
        (add, _add_contact),
        (advance, _advance_clock),
        (register, _register_webhook),
        (trigger, _trigger_event),
    ):
        command.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    sys.exit(main())

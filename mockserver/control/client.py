"""Commands of the control API that a target's description uses as its hooks.

It imports very little, because a conformance run starts it often.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
import sys
from functools import cache
from typing import Any
from urllib.parse import urlsplit

TOKEN = "OUTBOUND_MOCK_CONTROL_TOKEN"  # noqa: S105 - the name of the variable, not the token
"""The environment variable with the token of a mock that asks for one: the mock reads it too."""

TIMEOUT = 10.0
"""Seconds to wait for the mock."""


Json = dict[str, Any]
"""A JSON object of a request or an answer."""


class Failed(Exception):
    """The mock could not be asked, or refused. The message is one line."""


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


def request(url: str, path: str, body: Json | None = None, *, method: str = "POST") -> Json:
    """Send a JSON object to the control API of the mock or world at `url`. Returns the object of its answer. Raises Failed."""
    parts = urlsplit(url)
    connect = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}.get(parts.scheme)
    if connect is None or not parts.netloc:
        raise Failed(f"{url} is no address such as http://127.0.0.1:8080")
    try:
        connection = connect(parts.netloc, timeout=TIMEOUT)
    except (http.client.HTTPException, ValueError) as error:
        raise Failed(f"{url} is no address such as http://127.0.0.1:8080: {error}") from error
    headers = {**_credentials(), **({} if body is None else {"Content-Type": "application/json"})}
    try:
        connection.request(method, parts.path.rstrip("/") + path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
    except ssl.SSLCertVerificationError as error:
        told = f"no answer from {url}: its certificate is not trusted: {error.verify_message}"
        raise Failed(f"{told}; name its authority: SSL_CERT_FILE=outbound-mock-authority.pem") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Failed(f"no answer from {url}: {reason}; does a mock run there? --url names another address") from error
    finally:
        connection.close()
    return _answered(url, response.status, text)


def _answered(url: str, status: int, text: bytes) -> Json:
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Failed(f"{url} has no control API of a mock: it answers {status}")
    if not 200 <= status < 300:
        raise Failed(str(answer.get("detail", status)))
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

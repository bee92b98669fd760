"""`outbound-mock trigger`, `advance` and `logs`: three frequent calls to a running mock, over its control API."""

from __future__ import annotations

import math
import os
import re
import select
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from threading import Thread
from typing import TypedDict
from urllib.parse import urlencode

import click

from mockserver.control import client
from spec.surroundings import printable

DEFAULT_URL = "http://127.0.0.1:8080"
"""The default address of `outbound-mock`."""

_WAIT = 5
"""Seconds for which the mock waits for new requests before it answers; less than the client's time limit."""

STATUS_COLOURS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


class _Request(TypedDict):
    """The shown members of an entry of the request log."""

    number: int
    at: str
    status: int | None
    method: str
    path: str
    query: str
    keyName: str | None
    problem: Mapping[str, str] | None


@click.group()
def commands() -> None:
    """Steer a running mock."""


def _not_empty(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value == "":
        raise click.BadParameter("its value is missing")
    return value


def _url_option(function: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--url",
        default=DEFAULT_URL,
        envvar="OUTBOUND_MOCK_URL",
        callback=_not_empty,
        show_default=True,
        show_envvar=True,
        help="Address of the mock or world.",
    )(function)


@commands.command()
@click.argument("event", callback=_not_empty)
@click.option(
    "--organization", metavar="ID", callback=_not_empty, help="The organization's id; without it the first one."
)
@click.option(
    "--resource",
    metavar="ID",
    callback=_not_empty,
    help="The id of the event's contact, list or draft; without it they take turns.",
)
@click.option(
    "--undocumented",
    is_flag=True,
    help="EVENT may be of a type that the documentation does not name: clients must accept it.",
)
@_url_option
def trigger(event: str, organization: str | None, resource: str | None, undocumented: bool, url: str) -> None:
    """Make EVENT happen, such as draft.replied, and deliver it; prints its id."""
    given = {"eventType": event, "organization": organization, "resourceId": resource, "undocumented": undocumented}
    body = {name: value for name, value in given.items() if value is not None}
    click.echo(_asked(url, "POST", "/_mock/events", body)["id"])


def _seconds(context: click.Context, parameter: click.Parameter, text: str) -> float:
    """The seconds by which a clock can be moved on. Raises BadParameter."""
    with suppress(ValueError):
        if 0 <= (seconds := float(text)) < math.inf:
            return seconds
    raise click.BadParameter(f"'{text}' is no number of seconds, 0 or more: an hour is 3600", context, parameter)


class _Forward(click.Command):
    """A command whose argument is a number: a negative one is a wrong number, and not an unknown option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. Raises UsageError."""
        for word in args:
            if re.match(r"-(\.?\d|inf)", word):
                _seconds(ctx, self.params[0], word)
        return super().parse_args(ctx, args)


@commands.command(cls=_Forward)
@click.argument("seconds", callback=_seconds)
@_url_option
def advance(seconds: float, url: str) -> None:
    """Move the mock's clock forward by SECONDS; prints its time."""
    click.echo(_asked(url, "POST", "/_mock/clock", {"advance": seconds})["time"])


@commands.command()
@click.option("--follow", "-f", is_flag=True, help="Continue with new requests as they come.")
@click.option("--last", default=20, type=click.IntRange(1, 1_000), show_default=True, help="Requests to begin with.")
@_url_option
def logs(follow: bool, last: int, url: str) -> None:
    """Show the newest requests, oldest first: number, time, status, request, key, reason of a refusal."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # so that `logs | head` ends as other programs do
    page = _asked(url, "GET", f"/_mock/requests?limit={last}")
    _show(page)
    if follow and hasattr(select, "poll"):
        Thread(target=_end_without_reader, daemon=True).start()
    while follow:
        page = _asked(
            url, "GET", f"/_mock/requests?{urlencode({'after': page['last'], 'wait': _WAIT, 'limit': 1_000})}"
        )
        _show(page)


def _end_without_reader() -> None:
    """End this process as SIGPIPE does when the reader of its standard output has gone, even while nothing is written."""
    reader = select.poll()
    reader.register(sys.stdout.fileno(), select.POLLHUP)  # not every system reports it unless it is asked for
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in reader.poll()):
        os.kill(os.getpid(), signal.SIGPIPE)


def _asked(url: str, method: str, path: str, body: client.Json | None = None) -> client.Json:
    try:
        client.find(url)
        return client.request(url, path, body, method=method)
    except client.NoAddress as error:
        raise click.BadParameter(str(error), param_hint="--url") from None
    except client.Failed as error:
        raise click.ClickException(str(error)) from None


def _show(page: client.Json) -> None:
    for request in page["data"]:
        click.echo(" ".join(_words(request)), color=False if os.environ.get("NO_COLOR") else None)


def _words(request: _Request) -> Iterator[str]:
    status = request["status"]
    yield f"{request['number']:>5} {request['at'][11:23]}"
    yield click.style(str(status or "---"), fg=STATUS_COLOURS.get((status or 0) // 100, "red"))
    target = request["path"] + (f"?{request['query']}" if request["query"] else "")
    yield f"{request['method']} {printable(target)}"
    if request["keyName"]:
        yield click.style(f"[{printable(request['keyName'])}]", dim=True)
    if request["problem"]:
        yield printable(request["problem"]["detail"])

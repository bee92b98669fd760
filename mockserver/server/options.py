"""Options of the command line that need processing. An invalid one ends in one line of text."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import socket

    from mockserver.app import Mock
    from mockserver.clock import Clock
    from mockserver.modifications.registry import Kind, Modification
    from mockserver.server.certificates import Identity
    from mockserver.server.certificates import Kind as CertificateKind
    from mockserver.settings import Settings

_TOKEN = 8
"""The least number of characters of a control token."""

_NARROWEST = 20

_CREDENTIALS = re.compile(r"(?<=//)[^@/]*(?=@)|(?<=password=)[^&]*")
"""The part of a Redis server's URL that must not be shown."""


class _Option(click.Option):
    """An option that refuses an empty value, which comes from an unset variable and does not mean that the option is absent."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Take the value, or several. Raises BadParameter if one is empty, or a number that is none."""
        if value == "" or (isinstance(value, tuple | list) and "" in value):
            raise click.BadParameter("its value is missing", ctx, self)
        taken = super().type_cast_value(ctx, value)
        if isinstance(taken, float) and math.isnan(taken):  # which lies in every range
            raise click.BadParameter(f"'{value}' is no number", ctx, self)
        return taken

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The value of the variable that is named as the option is: OUTBOUND_MOCK_FAULT for `--fault`.

        If its value may be left out (`--tls`), a yes means the option without a value, and a no that it is not given.
        """
        name = max(self.opts, key=len).lstrip("-").replace("-", "_").upper()
        value = os.environ.get(f"{ctx.auto_envvar_prefix}_{name}") or None
        wanted = click.BOOL.str_to_bool(value) if value and not self.is_flag and self.flag_value else None
        return value if wanted is None else self.flag_value if wanted else None


option = partial(click.option, cls=_Option)
"""The options of all commands of the mock."""


def for_terminal(message: str) -> str:
    """A message for standard error, folded between words to the terminal's width. Elsewhere it stays one line."""
    if not sys.stderr.isatty():
        return message
    columns = max(shutil.get_terminal_size().columns, _NARROWEST)
    return textwrap.fill(message, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def list_modifications(context: click.Context, option: click.Parameter, asked: bool) -> None:
    """Print all of them, one on each line, and end."""
    if not asked:
        return
    from mockserver.server import listing

    lines = {"faults": listing.fault_lines, "variants": listing.variant_lines, "hardships": listing.hardship_lines}
    click.echo("\n".join(lines[(option.name or "").removeprefix("list_")]()))
    context.exit()


def modifications(kind: Kind, texts: Sequence[str]) -> list[Modification]:
    """The requested modifications. Raises BadParameter if there is no such modification of that kind."""
    if not texts:
        return []
    from mockserver.modifications.requested import requested

    try:
        return [requested(kind, text) for text in texts]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"--{kind}") from error


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises UsageError if it cannot be opened."""
    from mockserver.server.uvicorn_server import listen

    try:
        return listen(host, port)
    except UnicodeError as error:
        raise click.BadParameter(f"'{host}' is no address of this machine", param_hint="--host") from error
    except OSError as error:
        hint = " (try --port 0)" if error.errno in (errno.EADDRINUSE, errno.EACCES) else ""
        raise click.UsageError(f"cannot listen on {host} port {port}: {error.strerror}{hint}") from error


def load(mock: Mock, path: Path) -> None:
    """Load an exported state from a file into a mock. Raises UsageError if the file holds none."""
    import asyncio

    try:
        state = json.loads(path.read_bytes())
        status, told = asyncio.run(mock.control.call(mock.world, "PUT", "/_mock/state", state))
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise click.UsageError(f"--load {path}: this is no JSON: {error}") from None
    if status >= 400:
        raise click.UsageError(f"--load {path}: {told['detail']}")


def identity(tls: Path | None, kind: CertificateKind, host: str) -> Identity | None:
    """The server's identity over TLS; None without `tls`, which is the file for the certificate of its authority.

    Raises ClickException if it cannot be made, and UsageError if the file cannot be written.
    """
    if tls is None:
        if kind != "good":
            raise click.UsageError("--tls-certificate: a certificate is presented over TLS alone: add --tls")
        return None
    from mockserver.server import certificates

    try:
        made = certificates.identity(kind, host)
        tls.write_text(made.authority, "ascii")
    except certificates.NoCertificates as error:
        raise click.ClickException(f"--tls: {error}") from None
    except OSError as error:
        raise click.UsageError(f"--tls: cannot write {tls}: {error.strerror}") from None
    return made


def check_token(token: str | None) -> None:
    """Raises BadParameter for a token that no Authorization header can carry."""
    if token is not None and not (
        token.isascii() and token.isprintable() and " " not in token and len(token) >= _TOKEN
    ):
        problem = f"a token has at least {_TOKEN} printable ASCII characters and no space"
        raise click.BadParameter(problem, param_hint="--control-token")


def shared(settings: Settings, url: str | None, workers: int, clock: Clock) -> Settings:
    """The settings of a process that joins those with a shared state at this URL. Raises ClickException if that fails,
    and UsageError if it is no URL of a Redis server.
    """
    if url is None and workers > 1:
        raise click.UsageError("--workers: several processes share their state by a Redis server; name it with --state")
    if url is None:
        return settings
    if find_spec("redis") is None:
        raise click.ClickException("--state: redis is not installed: pip install 'outbound-conformance[cluster]'")
    from mockserver.cluster.errors import SharingError
    from mockserver.cluster.membership import Membership

    given = f"--state {_CREDENTIALS.sub('…', url)}"
    try:
        membership = Membership(url)
        clock.shift(membership.skew())
        began = membership.join(settings.shown(), clock.now())
    except ValueError as error:
        raise click.UsageError(f"{given}: {error}") from None
    except SharingError as error:
        raise click.ClickException(f"{given}: {error}") from None
    return replace(settings, sharing=membership, began=began)


def check_webhooks(urls: Sequence[str], hosts: Sequence[str]) -> None:
    """Raise BadParameter for an endpoint that cannot be delivered to."""
    from mockserver.clock import Clock
    from mockserver.webhooks.service import Webhooks

    for url in urls:
        try:
            Webhooks(Clock(), allowed_hosts=hosts).register("", url)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--webhook") from error

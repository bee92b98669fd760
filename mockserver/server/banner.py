"""The text that the mock prints when it is up: its addresses, its organizations and their keys."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import TYPE_CHECKING

import click

from mockserver.api import paths
from mockserver.api.documentation import PAGE
from spec import contract

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver.api.keys import ApiKey
    from mockserver.api.pipeline import State
    from mockserver.settings import Settings


def banner(state: State, settings: Settings, base_url: str, authority: Path | None = None) -> str:
    """The text, at most 80 columns wide if the file with the certificate of an authority has a short name, coloured."""
    return "\n".join(
        [
            f"{click.style('outbound-mock', bold=True)} {metadata.version('outbound-conformance')}",
            "",
            _fact("API", click.style(base_url, fg="cyan", underline=True)),
            _fact("Docs", click.style(base_url + PAGE, fg="cyan", underline=True)),
            _fact("Console", click.style(base_url + paths.CONSOLE, fg="cyan", underline=True)),
            _fact("Control API", click.style(base_url + paths.CONTROL, fg="cyan", underline=True)),
            _fact("Rate limit", _rate_limit(settings)),
            *_trusted(authority),
            *_modified(settings),
            *_organizations(state),
            *_webhooks(state),
            "",
            *_example(state, base_url, authority),
            *_advice(settings),
            click.style("Ctrl-C ends it. Nothing is kept.", dim=True),
        ]
    )


def _fact(name: str, value: str) -> str:
    return f"  {click.style(f'{name:<13} ', dim=True)}{value}"


def _rate_limit(settings: Settings) -> str:
    if not settings.rate_limited:
        return "none"
    limits = settings.rate_limits
    return f"{limits.per_minute} a minute, {limits.burst} in {limits.burst_window} s, read as {settings.rate_reading}"


def _trusted(authority: Path | None) -> Iterator[str]:
    if authority:
        yield _fact("Authority", f"{authority}, for SSL_CERT_FILE")


def _modified(settings: Settings) -> Iterator[str]:
    for modification in settings.modifications:
        yield _fact("Modified", click.style(str(modification), fg="yellow"))


def _example(state: State, base_url: str, authority: Path | None) -> Iterator[str]:
    key = state.keys.full_at(state.clock.now())
    if key:
        yield click.style("Try it", bold=True)
        yield f'  curl -H "Authorization: Bearer {click.style(key.secret, fg="green")}" \\'
        yield from [f"    --cacert {shlex.quote(str(authority))} \\"] if authority else []
        yield f"    {base_url}{contract().operations['getMe'].path}"
        yield ""


def _advice(settings: Settings) -> Iterator[str]:
    if not settings.modifications:
        yield f"Test a client in CI with {click.style('--hardship ordinary-day', fg='cyan')}: small, ordinary troubles."


def _organizations(state: State) -> Iterator[str]:
    for organization_id, tenant in state.tenants.items():
        yield ""
        name = click.style(tenant.organization.name, bold=True)
        count = len(tenant.contacts)
        yield f"{name}  {organization_id}  {count} contact{'s' * (count != 1)}"
        yield from _keys(key for key in state.keys if key.organization_id == organization_id)


def _webhooks(state: State) -> Iterator[str]:
    for endpoint in state.webhooks.endpoints:
        yield ""
        yield f"{click.style('Webhook', bold=True)}  {endpoint.url}"
        yield _fact("secret", click.style(endpoint.secret, fg="green"))


def _keys(keys: Iterable[ApiKey]) -> Iterator[str]:
    for key in keys:
        label = key.scopes[0] if key.kind == "single_scope" else key.kind.replace("_", " ")
        yield _fact(
            label if label not in ("primary", "secondary") else "all scopes", click.style(key.secret, fg="green")
        )

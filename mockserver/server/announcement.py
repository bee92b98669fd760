"""The output of a mock when it listens: its address on standard output, and files for other programs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.api import paths
from mockserver.server.banner import banner
from mockserver.server.target_file import keys_text, target_toml, write_private
from spec.surroundings import discard_output

if TYPE_CHECKING:
    from mockserver.api.pipeline import State
    from mockserver.app import Mock
    from mockserver.settings import Settings


def announce(
    mock: Mock,
    settings: Settings,
    address: str,
    style: str,
    write_target: Path | None,
    write_keys: Path | None,
    authority: Path | None = None,
) -> None:
    """Write the requested files, and print the mock's address: in a `banner`, as `json`, or the `address` alone.

    `authority` is the file with the certificate that clients of a mock over TLS must trust. Raises ClickException if something
    cannot be written: UsageError for a file.
    """
    if write_keys:
        write(write_keys, keys_text(mock.state))
    if write_target:
        write(write_target, target_toml(mock.state, settings, address))
    texts = {
        "address": lambda: address,
        "json": lambda: as_json(mock.state, address, authority),
        "banner": lambda: banner(mock.state, settings, address, authority),
    }
    say(texts[style]())


def write(path: Path, text: str) -> None:
    """Write a file of secrets. Raises UsageError, which names the file and the reason."""
    try:
        write_private(path, text)
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}") from None


def say(text: str) -> None:
    """Print a text at once. Raises ClickException if standard output is closed."""
    try:
        click.echo(text, color=False if os.environ.get("NO_COLOR") else None)
        sys.stdout.flush()
    except OSError as error:
        discard_output()
        raise click.ClickException(f"cannot write to standard output: {error.strerror}") from None


def as_json(state: State, base_url: str, authority: Path | None = None) -> str:
    """Address, organizations, keys and webhook endpoints as one line of JSON, for scripts. It holds the keys' secrets."""
    organizations = [
        {
            "id": organization_id,
            "name": tenant.organization.name,
            "keys": [
                {"name": key.name, "kind": key.kind, "scopes": list(key.scopes), "secret": key.secret}
                for key in state.keys
                if key.organization_id == organization_id
            ],
        }
        for organization_id, tenant in state.tenants.items()
    ]
    told: dict[str, object] = {
        "baseUrl": base_url,
        "controlUrl": base_url + paths.CONTROL,
        "consoleUrl": base_url + paths.CONSOLE,
        **({"authority": str(authority.resolve())} if authority else {}),
        "organizations": organizations,
        "webhooks": [{"url": endpoint.url, "secret": endpoint.secret} for endpoint in state.webhooks.endpoints],
    }
    return json.dumps(told)

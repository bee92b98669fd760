"""The mock as a target of the conformance suite: a `target.toml` with its keys and the commands that steer it."""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.api.pipeline import State
    from mockserver.app import Settings


def target_toml(state: State, settings: Settings, base_url: str) -> str:
    """The text of the file. It holds the secrets of the mock's keys."""
    tables: dict[str, Mapping[str, object]] = {
        "": {"base_url": base_url},
        **{f"organizations.{name}": {"api_keys": _secrets(state, name)} for name in ("primary", "secondary")},
        "keys": _special_keys(state),
        "rate_limit": {
            "reading": settings.rate_reading,
            "per_minute": settings.rate_limits.per_minute,
            "burst": settings.rate_limits.burst,
            "burst_window": settings.rate_limits.burst_window,
        },
        "webhooks": _webhooks(state, base_url),
        "hooks": {
            "add_contact": _command(base_url, "add-contact"),
            "advance_clock": _command(base_url, "advance-clock", "{seconds}"),
        },
    }
    return "\n".join(_table(name, members) for name, members in tables.items() if members != {"api_keys": []})


def keys_text(state: State) -> str:
    """One line for each key with every scope: its secret and its organization, for load tests."""
    kinds = {"primary", "secondary", "spare"}
    full = [key for key in state.keys if key.kind in kinds or key.kind.startswith("organization ")]
    return "".join(f"{key.secret} {key.organization_id}\n" for key in full)


def write_private(path: Path, text: str) -> None:
    """Write a file in one step, readable by its owner only. Raises OSError.

    A device or a pipe is written to in place; a symbolic link stays a link.
    """
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    path = Path(os.path.realpath(path))
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink()
        raise


def _secrets(state: State, kind: str) -> list[str]:
    return [key.secret for key in state.keys if key.kind == kind]


def _special_keys(state: State) -> dict[str, object]:
    single = {key.scopes[0]: key.secret for key in state.keys if key.kind == "single_scope"}
    return {
        "single_scope": single,
        **{kind: secrets[0] for kind in ("no_scope", "revoked", "expired") if (secrets := _secrets(state, kind))},
        "spare": _secrets(state, "spare"),
    }


def _webhooks(state: State, base_url: str) -> dict[str, str]:
    commands = {"listen": "127.0.0.1:0"}
    for suffix, organization in zip(("", "_secondary"), state.tenants, strict=False):
        of = ("--organization", organization)
        commands[f"register{suffix}"] = _command(base_url, "register-webhook", *of, "{url}")
        commands[f"trigger{suffix}"] = _command(base_url, "trigger-event", *of)
    return commands


def _command(base_url: str, *arguments: str) -> str:
    return shlex.join([sys.executable, "-P", "-m", "mockserver.control.client", "--url", base_url, *arguments])


def _table(name: str, members: Mapping[str, object]) -> str:
    head = [f"[{name}]"] if name else []
    return "\n".join([*head, *(f"{member} = {_toml(value)}" for member, value in members.items()), ""])


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # A JSON string is also a TOML string, unless a character is escaped as a pair of surrogates.
    return json.dumps(value, ensure_ascii=False)

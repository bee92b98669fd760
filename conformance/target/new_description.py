"""`outbound-conformance init`: a description of a target to fill in, and one request that says whether it works."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.outcome import EXIT_CONFORMANT, EXIT_USAGE
from conformance.target.client import Client, SetupError
from conformance.target.clock import TargetClock
from conformance.target.preflight import Unfit, preflight
from spec.target import TargetError, load

_TEMPLATE = Path(__file__).with_name("to_fill_in.toml")
_PLACEHOLDER = '"https://staging.example"'
_KEY = "OUTBOUND_API_KEY"
_QUESTION = "Base URL of the API, without /api/v1 (Enter leaves an example to fill in): "


class InitError(Exception):
    """The description cannot be written; the message is one line."""


def init(path: Path, base_url: str | None) -> tuple[int, Sequence[str]]:
    """Write a description to `path` and ask the API at `base_url` whether it knows the key of OUTBOUND_API_KEY.

    Without `base_url` it asks for it at the terminal. Returns the exit code, and lines that say what was found and what to do
    next. Raises InitError for an address or a file that cannot be used; an existing file is never overwritten.
    """
    if path.exists():
        raise InitError(f"{path} exists already, and is not overwritten")
    base_url = base_url if base_url is not None else _asked()
    text = _TEMPLATE.read_text("utf-8")
    if base_url:
        text = text.replace(_PLACEHOLDER, json.dumps(_checked(base_url), ensure_ascii=False))
    _write(path, text)
    if not base_url:
        return EXIT_CONFORMANT, [f"wrote {path}; put its address in, then: {_judge(path)}"]
    if not os.environ.get(_KEY):
        return EXIT_CONFORMANT, [f"wrote {path}; put an API key into the variable {_KEY}, then: {_judge(path)}"]
    return _found(path)


def _asked() -> str:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return ""
    try:
        return input(_QUESTION).strip()
    except EOFError:
        return ""


def _checked(base_url: str) -> str:
    try:
        return load(None, base_url=base_url, api_key="unused").base_url
    except TargetError as error:
        raise InitError(str(error)) from None


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InitError(f"{path}: {error.strerror}") from None


def _judge(path: Path) -> str:
    return f"outbound-conformance --target {path}"


def _found(path: Path) -> tuple[int, Sequence[str]]:
    """What the API answers to the key: one request, or a few more if the first is not served."""
    wrote = f"wrote {path}"
    try:
        target = load(path)
        client = Client(target, TargetClock())
    except (TargetError, SetupError) as error:
        return EXIT_USAGE, [wrote, f"not asked yet: {error}"]
    try:
        preflight(client.caller("organizations.primary.api_keys", target.organizations.primary.api_keys))
    except Unfit as unfit:
        return unfit.exit_code, [wrote, client.redactor.text(f"{target.base_url} cannot be judged yet: {unfit}")]
    finally:
        client.close()
    served = client.exchanges[-1]
    answered = client.redactor.text(f"{target.base_url} answers {served.status} to {served.request.target}")
    return EXIT_CONFORMANT, [wrote, f"{answered}; judge with: {_judge(path)}"]

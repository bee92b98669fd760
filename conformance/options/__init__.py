"""The gate's options and their values. A wrong one ends in a usage error: one line that names it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, get_args

import pytest
from msgspec import structs

from conformance.cases.depth import FUZZ, Depth
from conformance.options.errors import path, plain, text
from conformance.report.text import for_terminal
from conformance.target.redaction import Redactor
from conformance.webhooks.deliveries import RecordError, recorded
from spec.target import Reading, Target, TargetError, load


@dataclass(frozen=True, slots=True)
class Option:
    """An option of the gate. Its other members are arguments of argparse; None means argparse's default."""

    name: str
    help: str
    metavar: str | None = None
    type: Callable[[str], object] | None = None
    choices: tuple[str, ...] | None = None
    default: object = None
    action: str | None = None

    def attributes(self) -> dict[str, Any]:
        """What argparse is given."""
        members = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "name"}
        return {name: value for name, value in members.items() if value is not None}


OPTIONS = (
    Option("--target", "description of the target (TOML): its keys, hooks and webhooks", "FILE", path),
    Option(
        "--api-key",
        "an API key of the primary organization; env:NAME reads it from a variable (default: $OUTBOUND_API_KEY)",
        "KEY",
        text,
    ),
    Option(
        "--start",
        "start the target by a command, judge it on that port of 127.0.0.1 once it answers, and end it with its children",
        "'COMMAND {port}'",
        text,
    ),
    Option(
        "--safe",
        "for production: send no writes and no malformed requests, use up no limit, run no commands; partial at best",
        action="store_true",
    ),
    Option(
        "--only",
        "judge only these, for example AUTH or PAGE-3 (repeatable, or separated by commas)",
        "FAMILY|ID",
        default=[],
        action="append",
    ),
    Option("--list", "list the requirements and what each needs of the target, and end", action="store_true"),
    Option(
        "--explain",
        "explain a requirement: basis, reading, what is tried, usual cause, faults that show it; and end",
        "FAMILY|ID",
        text,
    ),
    Option("--dry-run", "estimate the requests, on which keys, and the time of a run, and end", action="store_true"),
    Option(
        "--report",
        "write report.html, report.json, junit.xml, exchanges.har and summary.md into this folder",
        "DIR",
        path,
    ),
    Option(
        "--known-violations",
        "requirements that may be broken (TOML: [[violation]] id, reason, until, and if need be operation, case, ticket); "
        "an entry out of date fails the run",
        "FILE",
        path,
    ),
    Option(
        "--write-known-violations",
        "write such a file: what is broken now is excused for 30 days",
        "FILE",
        path,
    ),
    Option(
        "--label",
        "a label for report.json, such as branch=main (repeatable)",
        "KEY=VALUE",
        text,
        default=[],
        action="append",
    ),
    Option(
        "--baseline",
        "an earlier report.json to compare with: what broke, what was fixed, what was tried less",
        "FILE",
        path,
    ),
    Option("--require-all", "a requirement that could not be tested fails the run", action="store_true"),
    Option(
        "--rate-reading",
        "the reading of the rate limits that binds the target; off: nothing is limited, RATE is not tested",
        choices=get_args(Reading),
    ),
    Option(
        "--depth",
        "how many cases are tried: quick (at most 350 requests that a key's limit pays for), standard, or deep: "
        "every combination (default: %(default)s)",
        choices=get_args(Depth),
        default="standard",
    ),
    Option(
        "--schema",
        "the document that every 200 is judged by: the contract's, or the target's own (default: %(default)s)",
        choices=("spec", "published"),
        default="spec",
    ),
    Option("--real-time", "wait in real time even if the target has a test clock", action="store_true"),
    Option("--fuzz", "schema-driven cases for each operation (default: %(default)s)", "N", int, default=FUZZ),
    Option("--seed", "seed of every random choice (default: %(default)s)", "N", int, default=1),
    Option("--mock-options", "options for the embedded mock, such as '--rate-reading strict'", "OPTIONS", default=""),
    Option("--no-preflight", "run every check even if the target serves nothing", action="store_true"),
)


def add_to(parser: pytest.Parser) -> None:
    """Add the options to those of pytest, which has `--strict`, and of pytest-base-url, which has `--base-url`.

    Raises UsageError if another plugin has an option of the same name.
    """
    group = parser.getgroup(
        "outbound",
        "the Outbound API conformance gate (with --base-url URL, or its own mock; --strict: shoulds bind too)",
    )
    taken = names_of(parser)
    if "--base-url" not in taken:  # pytest-base-url is left out, by `-p no:base_url`
        group.addoption("--base-url", metavar="URL", help="the address of the implementation to judge")
    for option in OPTIONS:
        if option.name in taken:
            raise pytest.UsageError(
                f"another plugin has the option {option.name} already: leave that plugin out with -p no:NAME"
            )
        group.addoption(option.name, **option.attributes())


def speak_plainly(parser: pytest.Parser) -> None:
    """Report a wrong option in one line, with similar ones, instead of the usage text of pytest's parser."""

    def error(message: str) -> NoReturn:
        told = Redactor().text(plain(message, [*names_of(parser), "--help", "--version"]))
        # pytest shows it behind this word.
        raise pytest.UsageError(for_terminal(f"ERROR: {told}", sys.stderr).removeprefix("ERROR: "))

    parser.optparser.error = error  # type: ignore[method-assign]  # pytest has no other way


def names_of(parser: pytest.Parser) -> set[str]:
    """The names of all options that a parser knows, those of plugins included."""
    # pytest fails with a traceback on an option that is declared twice, and has no public way to list the options.
    groups = [parser._anonymous, *parser._groups]
    return {name for group in groups for option in group.options for name in option.names()}


def described(config: pytest.Config, started: str | None = None) -> Target | None:
    """The target's description, None for the embedded mock. Raises UsageError.

    `started` is the address of a target that the run starts itself; `--base-url` wins over it.
    """
    option = config.option
    base_url = option.base_url or _configured_base_url(config) or started
    if not (base_url or option.target):
        return None
    try:
        target = load(option.target, base_url=base_url, api_key=option.api_key or os.environ.get("OUTBOUND_API_KEY"))
        if target.webhooks.deliveries:
            recorded(Path(target.webhooks.deliveries))
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None
    except RecordError as error:
        raise pytest.UsageError(f"webhooks.deliveries: {error}") from None
    return target


def read_as(reading: Reading | None, target: Target) -> Target:
    """The target with the reading of `--rate-reading`, if one was given."""
    if reading is None:
        return target
    return structs.replace(target, rate_limit=structs.replace(target.rate_limit, reading=reading))


def _configured_base_url(config: pytest.Config) -> str | None:
    """The `base_url` of pytest's configuration; None if it has none, or if pytest-base-url is left out."""
    try:
        return config.getini("base_url") or None
    except (KeyError, ValueError):
        return None

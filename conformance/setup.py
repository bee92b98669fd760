"""What a run needs before its first check: the target, described, started or embedded, and the client that sends to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance import options
from conformance.report.text import visible
from conformance.target.client import Client, SetupError
from conformance.target.clock import TargetClock
from conformance.target.embedded import EmbeddedMock, EmbeddedMockError
from conformance.target.redaction import Redactor
from conformance.target.safety import Safety
from conformance.target.started import StartedTarget, StartError, check_command, free_port
from spec import commands
from spec.target import Target, TargetError, load


@contextmanager
def usage_errors_redacted() -> Iterator[None]:
    """Make usage errors fit to be shown: a key may stand where it does not belong, in an address or in place of a file.

    It is shortened, and what does not print is made visible.
    """
    try:
        yield
    except pytest.UsageError as error:
        raise pytest.UsageError(visible(Redactor().text(str(error)), keep="\n")) from None


def checked_target(config: pytest.Config) -> Target | None:
    """The target's description, None for the embedded mock. Refuses what a run refuses, and asks the target nothing."""
    option = config.option
    try:
        if option.start:
            check_command(option.start)
    except StartError as error:
        raise pytest.UsageError(Redactor().text(str(error))) from None
    target = options.described(config, "http://127.0.0.1:1" if option.start else None)
    if target:
        client(config, target).close()
    elif option.mock_options:
        _embedded(config)
    return target


def started_target(config: pytest.Config) -> Target:
    """The described target, started first if there is a command for it; or the embedded mock."""
    command = config.option.start
    if not command:
        return options.described(config) or _embedded(config)
    port = free_port()
    target = options.described(config, f"http://127.0.0.1:{port}")
    assert target is not None
    try:
        started = StartedTarget(command, port, target.base_url)
    except StartError as error:
        raise pytest.UsageError(Redactor().text(str(error))) from None
    config.add_cleanup(started.stop)
    return target


def client(config: pytest.Config, target: Target) -> Client:
    """The client that sends all requests of the run. Raises UsageError if it cannot be made."""
    advance = None if config.option.real_time else target.hooks.advance_clock
    clock = TargetClock((lambda seconds: _advance(advance, seconds)) if advance else None)
    try:
        return Client(target, clock, lambda line: show(config, line), Safety() if config.option.safe else None)
    except SetupError as error:
        raise pytest.UsageError(str(error)) from None


def _embedded(config: pytest.Config) -> Target:
    try:
        mock = EmbeddedMock(config.option.mock_options)
        config.add_cleanup(mock.stop)
        return load(mock.description)
    except (TargetError, EmbeddedMockError) as error:
        raise pytest.UsageError(str(error)) from None


def _advance(command: str, seconds: int) -> None:
    commands.run(command, seconds=seconds)


def show(config: pytest.Config, line: str) -> None:
    """Print a line while tests run, though pytest captures their output."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        config.get_terminal_writer().line(f"\n  {line}", flush=True)

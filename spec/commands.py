"""The target's commands: hooks that do what a read-only API cannot."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping

TIMEOUT = 30.0


class CommandFailed(Exception):
    """A command that could not be run, exited with an error, or took too long; its message is one line."""


def run(command: str, **placeholders: object) -> str:
    """Run a command without a shell, its `{placeholders}` filled in, and return its standard output, stripped.

    Raises CommandFailed. The message holds the command's name alone: its arguments and output may hold secrets.
    """
    try:
        words = arguments(command, placeholders)
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"{named(command)} took more than {TIMEOUT:.0f} s") from None
    except (OSError, ValueError, IndexError) as error:
        raise CommandFailed(f"{named(command)} could not be run: {error}") from None
    if done.returncode:
        raise CommandFailed(f"{named(command)} exited with {done.returncode}")
    return done.stdout.strip()


def check(command: str, placeholder: str = "") -> None:
    """Check, without running it, that a command has words, and its placeholder if it needs one. Raises ValueError."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"{named(command)} could not be run: {error}") from None
    if not words:
        raise ValueError("the command is empty")
    if placeholder and f"{{{placeholder}}}" not in command:
        raise ValueError(f"{named(command)} has no {{{placeholder}}}, where the run fills in what it needs")


def is_installed(command: str) -> bool:
    """Whether the program of a command that `check` has passed is there."""
    return shutil.which(shlex.split(command)[0]) is not None


def arguments(command: str, placeholders: Mapping[str, object]) -> list[str]:
    """The words of a command, with the values of its placeholders. Raises ValueError if they cannot be split."""
    return [_fill(word, placeholders) for word in shlex.split(command)]


def _fill(word: str, placeholders: Mapping[str, object]) -> str:
    for name, value in placeholders.items():
        word = word.replace(f"{{{name}}}", str(value))
    return word


def named(command: str) -> str:
    """A command as messages name it: by its first word alone."""
    return f"the command {(command.split() or [command])[0]!r}"

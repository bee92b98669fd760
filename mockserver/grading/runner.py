"""Runs the command whose requests are graded: in its own process group, and ended with all its children."""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mockserver.grading.records import Ending

_TO_END_IN_ORDER = 2.0
_PROCESSES = Path("/proc")
_SET_CHILD_SUBREAPER = 36  # prctl(2)
_MOST_GENERATIONS = 100
_RUN = "OUTBOUND_GRADE_RUN"


class CannotStart(Exception):
    """The command cannot be started; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a command. `exit_code` is None if the runner ended it; after a signal it is 128 plus the signal's number."""

    exit_code: int | None
    ending: Ending
    seconds: float


def run(command: Sequence[str], environment: Mapping[str, str], timeout: float) -> Outcome:
    """Run a command to its end, or for `timeout` seconds, or until Ctrl-C. Its output passes through. Raises CannotStart."""
    return Started(command, environment).wait(timeout)


def _quoted_whole(command: Sequence[str]) -> str:
    """A hint if a command and its arguments came as one word."""
    is_one_word = len(command) == 1 and " " in command[0]
    return f"; leave out the quotes, or have a shell run it: sh -c {command[0]!r}" if is_one_word else ""


class Started:
    """A command that has been started. Raises CannotStart."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._token = secrets.token_hex(16)
        _adopt_orphans()
        self._others = _children()
        self._began = time.monotonic()
        try:
            self._process = subprocess.Popen(
                list(command),
                env={**os.environ, **environment, _RUN: self._token},
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise CannotStart(f"cannot start {command[0]!r}: {reason}{_quoted_whole(command)}") from None

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def wait(self, timeout: float) -> Outcome:
        """Wait for its end, or for `timeout` seconds, or until Ctrl-C. Then all its children are ended too."""
        ending: Ending = "exited"
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            ending = "timed-out"
        except KeyboardInterrupt:
            ending = "interrupted"
        return self.end(ending)

    def end(self, ending: Ending = "exited") -> Outcome:
        """End it with all its children. Its exit code counts if it has ended by itself."""
        seconds = time.monotonic() - self._began
        by_itself = ending == "exited" and not self.is_alive()
        _end(self._process, self._token, self._others, signal.SIGINT if ending == "interrupted" else signal.SIGTERM)
        code = self._process.returncode if by_itself else None
        return Outcome(code if code is None or code >= 0 else 128 - code, ending, seconds)


def _end(process: subprocess.Popen[bytes], token: str, others: Set[int], first: signal.Signals) -> None:
    """End a process, its group, and its children in other groups: first with SIGTERM, and after two seconds with SIGKILL."""
    if process.poll() is None:
        _signal_group(process.pid, first)
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(_TO_END_IN_ORDER)
    _signal_group(process.pid, signal.SIGKILL)
    for left in _with_token(token):
        with suppress(OSError):
            os.kill(left, signal.SIGKILL)
    process.wait()
    for _ in range(_MOST_GENERATIONS):
        orphans = _children() - others
        if not orphans:
            return
        for orphan in orphans:
            with suppress(OSError):
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)


def _adopt_orphans() -> None:
    """Make orphans of the command become children of this process, so that they are found. Works on Linux only."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children() -> frozenset[int]:
    """The ids of this process's children; empty if the system does not provide them."""
    own = str(os.getpid())
    found = set()
    for folder in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            # After the name, which may contain any characters: the state, and the parent's id.
            if (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1] == own:
                found.add(int(folder.name))
    return frozenset(found)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(OSError):
        os.killpg(group, number)


def _with_token(token: str) -> Iterator[int]:
    """Processes with the run's token in their environment, if the system provides it. They may have left the process group."""
    wanted = f"{_RUN}={token}".encode()
    for folder in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)

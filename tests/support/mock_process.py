"""`outbound-mock` as a person starts it: a process of its own, and the target that it described."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.support.interrupts import heed_interrupts

if TYPE_CHECKING:
    from tests.support.warm_mocks import ForkedCommand

Process: TypeAlias = "subprocess.Popen[str] | ForkedCommand"

PATIENCE = 60.0
"""Seconds after which a process that is not done has failed."""


@dataclass(frozen=True)
class Running:
    """A mock in a process of its own, with the target it described."""

    process: Process
    target: dict[str, Any]
    file: Path

    @property
    def url(self) -> str:
        url: str = self.target["base_url"]
        return url

    @property
    def key(self) -> str:
        key: str = self.target["organizations"]["primary"]["api_keys"][0]
        return key

    def hook(self, table: str, name: str, **values: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the target as the suite does."""
        command = [argument.format(**values) for argument in shlex.split(self.target[table][name])]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def interrupt(self) -> tuple[str, str]:
        """Press Ctrl-C. Returns what the mock printed on standard output and on standard error. Lines about the progress of
        seeding are left out, because a mock prints them only on a slow or busy machine.
        """
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)
        errors = self.process.stderr.read().splitlines(keepends=True)
        return self.process.stdout.read(), "".join(line for line in errors if not line.startswith("seeding: "))


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    file = folder / "target.toml"
    process = subprocess.Popen(
        [sys.executable, "-m", "mockserver", *words(file, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    try:
        yield described(process, file)
    finally:
        process.kill()
        process.communicate()


def words(file: Path, options: Sequence[str]) -> list[str]:
    """The arguments of a mock that is small and describes itself in a file."""
    return ["--port", "0", "--contacts", "20", "--write-target", str(file), *options]


def described(process: Process, file: Path) -> Running:
    """A mock that was started, once it serves."""
    assert process.stdout is not None
    assert process.stdout.readline().startswith("outbound-mock"), "the mock said something else"
    return Running(process, tomllib.loads(file.read_text("utf-8")), file)

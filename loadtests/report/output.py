"""Standard output in any encoding, and the report's folder. Both are tried before any request is sent."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TextIO

from conformance.report.text import writable
from loadtests.setup import UsageError
from spec.surroundings import discard_output, printed

_WIDEST = 130


def say(text: str, stream: TextIO | None = None) -> None:
    """Print lines at once, in characters that the stream's encoding has: no terminal loses a verdict."""
    out = stream or sys.stdout
    out.write(writable(f"{text}\n", out.encoding))
    out.flush()


def say_last(text: str) -> None:
    """Print a run's verdict. If standard output is closed, standard error is told; the exit code stays."""
    try:
        say(text)
    except OSError as error:
        say(f"outbound-load: the verdict could not be printed: {error.strerror}", sys.stderr)
        discard_output()


def width() -> int:
    """The width of the terminal, but no wider than is comfortable to read."""
    return min(_WIDEST, shutil.get_terminal_size((100, 24)).columns)


def say_first(text: str) -> None:
    """Print the first line of a run, or all that was asked for. If it cannot be printed, the process ends, as `printed` says."""
    with printed("outbound-load"):
        say(text)


def check_folder(report: str | None) -> None:
    """Make the folder for the report. Raises UsageError if no file can be written there."""
    if not report:
        return
    try:
        Path(report).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=report) as file:
            file.write(b"x")
    except OSError as error:
        raise UsageError(f"--report: {error.strerror}: {report}") from None

"""What a command finds where it is run: standard streams that are closed or full, a working folder that is gone.

The commands of all parts use it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNTOLD = 3
"""Exit code if the result could not be found out or printed. It is no verdict."""
USAGE = 4
"""Exit code for wrong use, of all commands: an argument that cannot be used, or a file or port that one names."""
READER_LEFT = 141
"""Exit code if the reader of standard output has closed it: 128 and the number of SIGPIPE, as in shells."""
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


@contextmanager
def prepared(program: str, *, needs_folder: bool = True) -> Iterator[None]:
    """Run a command in it. Closed streams are opened on the null device; what the command cannot do without is told in a line.

    It ends with 4 if the working folder is gone, and otherwise as `printed` does.
    """
    _open_closed_streams()
    if needs_folder:
        _refuse_lost_folder(program)
    with printed(program):
        yield


@contextmanager
def printed(program: str) -> Iterator[None]:
    """Print in it what is to reach standard output.

    It ends with `UNTOLD` and a line if the system refuses something, as a full disk does what was printed, and with `READER_LEFT`
    if a reader has closed the pipe, as `| head` does.
    """
    try:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            _end_if_unwritable(program, "\n")
            _complain(program, str(error))
            sys.exit(UNTOLD)
        finally:
            _end_if_unwritable(program)
    except BrokenPipeError:
        discard_output()
        sys.exit(READER_LEFT)


def _open_closed_streams() -> None:
    # Else the next file or connection would get the stream's descriptor, and what is printed.
    for descriptor, (name, mode) in enumerate(_STREAMS):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def _refuse_lost_folder(program: str) -> None:
    try:
        Path.cwd()
    except FileNotFoundError:
        _complain(program, "the working folder is gone")
        sys.exit(USAGE)


def _end_if_unwritable(program: str, text: str = "") -> None:
    try:
        if text:  # an unbuffered stream writes even no text, which a full disk refuses
            sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_output()
        _complain(program, f"standard output cannot be written to: {error.strerror}")
        sys.exit(UNTOLD)


def discard_output() -> None:
    """Discard what is printed from now on, and what is still buffered, which would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.stdout.flush()


def printable(text: str) -> str:
    """A text of anybody as one line, without what would change a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _complain(program: str, reason: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{program}: {reason}\n")
        sys.stderr.flush()

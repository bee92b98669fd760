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
    """A context in which a whole command runs. A standard stream that is closed is first opened on the null device.

    If `needs_folder` and the working folder is gone, it prints one line and exits with `USAGE`. Otherwise it does what
    `printed` does.
    """
    _open_closed_streams()
    if needs_folder:
        _refuse_lost_folder(program)
    with printed(program):
        yield


@contextmanager
def printed(program: str) -> Iterator[None]:
    """A context for code that prints to standard output.

    If the system refuses something (for example, the disk is full), it prints one line and exits with `UNTOLD`. If the reader of
    a pipe has closed it, as `| head` does, it exits with `READER_LEFT`.
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

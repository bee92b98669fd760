"""Several processes on one socket: each serves what it accepts, and they end together."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType


def run(count: int, serve: Callable[[Callable[[], None]], None], ready: Callable[[], None]) -> None:
    """Run `serve` in this process, or in so many forked from it, until one ends or SIGINT or SIGTERM comes; then end all.

    `serve` gets what it has to call once it serves; `ready` is called once all do. Exits with 1 where a process died by itself.
    Raises KeyboardInterrupt after SIGINT.
    """
    if count == 1:
        serve(ready)
        return
    reading, writing = os.pipe()
    children = [_fork(serve, writing) for _ in range(count)]
    os.close(writing)
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        _signal_all(children, signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if _all_up(reading, count):
        ready()
    _wait(children, lambda status: None if received else _mourn(status))
    if not received:
        sys.exit(1)
    if received[0] == signal.SIGINT:
        raise KeyboardInterrupt


def _fork(serve: Callable[[Callable[[], None]], None], writing: int) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        # Ctrl-C reaches the whole group: the parent alone answers to it, and ends its children.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        serve(lambda: _tell(writing))
        code = 0
    except KeyboardInterrupt:
        code = 0
    except BaseException as error:
        sys.stderr.write(f"outbound-mock: a worker failed: {error}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _tell(writing: int) -> None:
    os.write(writing, b"1")


def _all_up(reading: int, count: int) -> bool:
    """Whether every process said that it is up, rather than that one ended before."""
    told = 0
    while told < count:
        part = os.read(reading, count)
        if not part:
            return False
        told += len(part)
    return True


def _wait(children: list[int], told: Callable[[int], None]) -> None:
    """Wait until all have ended; the first that does takes the others with it, and its wait status is `told`."""
    left = set(children)
    while left:
        ended, status = os.wait()
        if len(left) == len(children):
            told(status)
        left.discard(ended)
        _signal_all(left, signal.SIGTERM)


def _mourn(status: int) -> None:
    """Say how a process ended that nobody asked to."""
    code = os.waitstatus_to_exitcode(status)
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    sys.stderr.write(f"outbound-mock: a worker {how}, so all end\n")


def _signal_all(children: list[int] | set[int], number: int) -> None:
    for child in children:
        try:
            os.kill(child, number)
        except ProcessLookupError:
            continue

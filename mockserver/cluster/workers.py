"""Several processes that serve one socket and end together."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from types import FrameType

from mockserver.cluster import ending


def run(
    count: int, serve: Callable[[Callable[[], None]], None], ready: Callable[[], None], parent: int | None = None
) -> None:
    """Run `serve` in this process, or in `count` forked processes, until one ends or a signal comes; then end all of them.

    `serve` gets a function to call when it serves; `ready` is called when all serve. If `parent`, a process id, is given, they
    end when that process ends. Exits with 1 if a process died by itself. Raises KeyboardInterrupt after SIGINT.
    """
    if count == 1:
        # A script's background commands start with SIGINT ignored, but Ctrl-C must end this one.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        ending.end_with(parent)
        serve(ready)
        return
    _Workers().run(count, serve, ready, parent)


class _Workers:
    """The processes that were forked from this one."""

    def __init__(self) -> None:
        self._left: set[int] = set()
        self._received: list[int] = []
        self._ending = False

    def run(
        self, count: int, serve: Callable[[Callable[[], None]], None], ready: Callable[[], None], parent: int | None
    ) -> None:
        for number in ending.SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        reading, writing = os.pipe()
        for _ in range(count):
            self._left.add(_forked(serve, writing))
        os.close(writing)
        ending.end_with(parent)
        if self._ending:  # A signal came before all processes were started.
            self._end()
        elif _all_up(reading, count):
            ready()
        self._wait()
        if not self._received:
            sys.exit(1)
        if self._received[0] == signal.SIGINT:
            raise KeyboardInterrupt

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal: the first asks the processes to end, a second one kills them."""
        self._received.append(number)
        if len(self._received) > 1:
            _signal_all(self._left, signal.SIGKILL)
        else:
            self._end()

    def _end(self) -> None:
        self._ending = True
        _signal_all(self._left, signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, ending.WITHIN)

    def _kill(self, _number: int, _frame: FrameType | None) -> None:
        _signal_all(self._left, signal.SIGKILL)

    def _wait(self) -> None:
        """Wait until all have ended. When the first ends, the others are ended too. Reports one that was not asked to end."""
        while self._left:
            ended, status = os.wait()
            self._left.discard(ended)
            if not self._ending:
                _mourn(status)
                self._end()


def _forked(serve: Callable[[Callable[[], None]], None], writing: int) -> int:
    """Fork a process that serves, and return its id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        # Ctrl-C and a closed terminal reach the whole process group. Only the parent handles them, and ends its children.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ending.end_with(parent)
        serve(lambda: _tell(writing))
        code = 0
    except BaseException as error:
        sys.stderr.write(f"outbound-mock: a worker failed: {error}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _tell(writing: int) -> None:
    os.write(writing, b"1")


def _all_up(reading: int, count: int) -> bool:
    """Wait until every process is up. Returns False if one ended before."""
    told = 0
    while told < count:
        part = os.read(reading, count)
        if not part:
            return False
        told += len(part)
    return True


def _mourn(status: int) -> None:
    """Report how a process ended that was not asked to end."""
    code = os.waitstatus_to_exitcode(status)
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    sys.stderr.write(f"outbound-mock: a worker {how}, so all end\n")


def _signal_all(children: Iterable[int], number: int) -> None:
    for child in tuple(children):
        try:
            os.kill(child, number)
        except ProcessLookupError:
            continue

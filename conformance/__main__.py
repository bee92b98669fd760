"""`outbound-conformance`, and `python -m conformance`: takes care of an interrupt before anything of the gate is imported."""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""


def main() -> None:
    """Run the command line, or say in one line what is not installed (exit code 4).

    An interrupt ends it with 130 and without a traceback, even during its imports.
    """
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # jobs in a shell's background ignore it
    if heeded:
        _end_at_once()
    from importlib.util import find_spec
    from pathlib import Path

    if find_spec("schemathesis") is None:
        sys.stderr.write("outbound-conformance: the gate is not installed: pip install 'outbound-conformance[gate]'\n")
        sys.exit(4)
    sys.path.insert(0, str(Path(__file__).parents[1]))  # a project may have a package `spec`, and PYTHONPATH name it
    from conformance.cli import main as run
    from spec import surroundings

    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with surroundings.prepared("outbound-conformance"):
            run()
    except KeyboardInterrupt:
        _end_at_once()  # at a second interrupt, while the interpreter ends
        sys.exit(INTERRUPTED)


def _end_at_once() -> None:
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


if __name__ == "__main__":
    main()

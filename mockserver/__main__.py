"""`outbound-mock`, and `python -m mockserver`: takes care of an interrupt before anything of the mock is imported."""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""


def main() -> None:
    """Run the command line. An interrupt ends it with 130, also while it is still imported, and never with a traceback."""
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # jobs in a shell's background ignore it
    if heeded:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from mockserver.cli import main as run

    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()

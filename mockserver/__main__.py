"""`outbound-mock`, and `python -m mockserver`: takes care of an interrupt before anything of the mock is imported."""

from __future__ import annotations

import signal
import sys

from mockserver.server import interrupts


def main() -> None:
    """Run the command line. An interrupt ends it with 130 and without a traceback, even during its imports."""
    interrupts.end_at_once(signal.SIGINT)
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[1]))  # a project may have a package `spec`, and PYTHONPATH name it
    from mockserver.cli import main as run
    from spec import surroundings

    try:
        if sys.argv[1:2] != ["grade"]:  # which imports more, and says itself when there is something to put in order
            interrupts.raise_again()
        with surroundings.prepared("outbound-mock", needs_folder=False):
            run()
    except KeyboardInterrupt:
        interrupts.end_at_once(signal.SIGINT)  # at a second one, while the interpreter ends
        sys.exit(interrupts.INTERRUPTED)


if __name__ == "__main__":
    main()

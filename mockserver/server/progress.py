"""Shows the progress of seeding on standard error."""

from __future__ import annotations

import sys
import time

_PATIENCE = 2.0
_LINES_APART = 5.0


class SeedingProgress:
    """Called with the number of contacts made so far, and the number to make. Shows nothing for the first two seconds.

    On a terminal it is one line that changes, elsewhere a line every five seconds.
    """

    def __init__(self) -> None:
        self._next = time.monotonic() + _PATIENCE
        self._said = False

    def __call__(self, done: int, of: int) -> None:
        """Show the progress, if it is time for the next line."""
        now = time.monotonic()
        if now < self._next and not (self._said and done == of):
            return
        changes = sys.stderr.isatty()
        self._next = now + (0.1 if changes else _LINES_APART)
        self._said = done < of
        end = "\r" if changes and done < of else "\n"
        print(f"seeding: {done:,} of {of:,} contacts", end=end, file=sys.stderr, flush=True)

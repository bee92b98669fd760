"""Interrupting programs under test as a person at the keyboard does."""

from __future__ import annotations

import signal


def heed_interrupts() -> None:
    """For `preexec_fn`: a child of a shell in the background, where tests may run too, would ignore the interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

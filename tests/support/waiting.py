"""Waits for something to happen in an event loop, however busy the machine is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_WITHIN = 30.0


async def until(condition: Callable[[], object]) -> None:
    """Return once the condition holds. Raises TimeoutError if it never does."""
    async with asyncio.timeout(_WITHIN):
        while not condition():
            await asyncio.sleep(0.002)

"""Waiting for what happens in a loop, however busy the machine is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_WITHIN = 30.0


async def until(condition: Callable[[], object]) -> None:
    """Return once it holds. Raises TimeoutError where it never does."""
    async with asyncio.timeout(_WITHIN):
        while not condition():
            await asyncio.sleep(0.002)

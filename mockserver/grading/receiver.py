"""Sends deliveries to a receiver, and records its answers."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from mockserver.grading.deliveries import GradedDelivery
from mockserver.grading.records import Probe
from mockserver.webhooks.sending import PORTS, Outgoing, Sender, Unsent

STARTS_WITHIN = 60.0
"""Seconds after its start within which a receiver must listen."""

_ANSWERS_WITHIN = 12.0


def listens(url: str, is_alive: Callable[[], bool], within: float = STARTS_WITHIN) -> bool:
    """Wait until something listens at a URL. Returns False if the command ends first, or if `within` seconds have passed."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and is_alive():
        if accepts(url):
            return True
        time.sleep(0.05)
    return False


def accepts(url: str) -> bool:
    """Whether something takes connections at a URL."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or PORTS.get(parts.scheme, 80))
    with suppress(OSError), socket.create_connection(address, timeout=1):
        return True
    return False


def deliver(url: str, deliveries: Iterable[GradedDelivery], is_alive: Callable[[], bool]) -> list[Probe]:
    """Send deliveries one after the other, and before each altered one its good sibling. Stops if the receiver ends."""
    sender = Sender(allowed=[urlsplit(url).hostname or ""])
    probes: list[Probe] = []
    for delivery in deliveries:
        accepted = True
        if delivery.sibling:
            good = _sent(sender, url, delivery.sibling, len(probes) + 1)
            probes.append(good)
            accepted = good.status is not None and 200 <= good.status < 300
        probes.append(_sent(sender, url, delivery, len(probes) + 1, after_good=accepted))
        if not is_alive():
            break
    return probes


def is_url(text: str) -> bool:
    """Whether a text is a URL that can be delivered to."""
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna")  # as a look-up does; names such as `a..b` cannot be looked up
        return parts.scheme in PORTS and bool(host) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _sent(sender: Sender, url: str, delivery: GradedDelivery, number: int, *, after_good: bool = True) -> Probe:
    began = time.monotonic()
    status, error = None, ""
    try:
        status = asyncio.run(_answer(sender, Outgoing("POST", url, delivery.headers, delivery.body)))
    except TimeoutError:
        error = f"none within {_ANSWERS_WITHIN:.0f} s"
    except Unsent as reason:
        error = str(reason)
    return Probe(
        number=number,
        requirement=delivery.requirement,
        name=delivery.name,
        good=delivery.good,
        status=status,
        seconds=time.monotonic() - began,
        error=error,
        after_good=after_good,
        may_hang_up=delivery.may_hang_up,
    )


async def _answer(sender: Sender, outgoing: Outgoing) -> int:
    async with asyncio.timeout(_ANSWERS_WITHIN):
        return (await sender(outgoing)).status

"""The record of a probe of the rate limit, for the reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProbeRecord:
    """The answers to one key in a probe of the rate limit.

    `points` are (sent, answered, status) in the order of sending, in seconds of the target's clock; `limit` is how many
    requests any `window` seconds may serve; `key` is the key as shown, `label` says what was tried.
    """

    key: str
    points: tuple[tuple[float, float, int], ...]
    window: float
    limit: int
    label: str

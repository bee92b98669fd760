"""A change that all processes perform: a validated call to the control API, or the outcome of a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class Unshared(Exception):
    """A change could not be shared, and may have been performed or not. The message is one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """A validated call, or an outcome (see `outcomes`). `now` is the unix time at which it happens, the same for all processes.

    `operation` is an id of the control API's document, `world` a world's id, empty for the first. `path` and `query` are
    parameters by name, `body` the JSON object that was sent. `base_url` is the address by which the client reached the mock.
    `running` is what the world's clock would show if it had not been stopped: it says when a call resumes the clock.
    """

    operation: str
    world: str
    path: Mapping[str, str]
    query: Mapping[str, object]
    body: Mapping[str, object]
    base_url: str
    now: float
    running: float

"""A route of the control API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.parts import Parts


class BadInput(ValueError):
    """The body of a control request is not what the route takes. The message says what is wrong, in one line."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path: a function of the parts and the request's JSON object that returns another.

    It raises BadInput for an object that it cannot take.
    """

    method: str
    path: str
    handle: Callable[[Parts, Mapping[str, Any]], Mapping[str, Any]]

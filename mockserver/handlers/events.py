"""The platform event log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.handlers.reading import page_of

if TYPE_CHECKING:
    from mockserver.access.caller import Caller
    from mockserver.access.parameters import Parameters
    from mockserver.parts import Parts


def list_events(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """A page of events. Filter: eventType, one or several separated by commas."""
    return page_of("events", parts, caller, parameters)

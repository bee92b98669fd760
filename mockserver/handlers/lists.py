"""Contact lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.handlers.reading import one_of, page_of

if TYPE_CHECKING:
    from mockserver.access.caller import Caller
    from mockserver.access.parameters import Parameters
    from mockserver.parts import Parts


def list_lists(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """A page of contact lists, archived ones only with includeArchived=1."""
    return page_of("lists", parts, caller, parameters)


def get_list(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """One contact list, archived or not."""
    return one_of("lists", parts, caller, parameters, "There is no list with this id.")

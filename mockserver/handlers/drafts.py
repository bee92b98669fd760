"""Drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.handlers.reading import one_of, page_of

if TYPE_CHECKING:
    from mockserver.access.caller import Caller
    from mockserver.access.parameters import Parameters
    from mockserver.parts import Parts


def list_drafts(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """A page of draft summaries. Filters: status, contactId."""
    return page_of("drafts", parts, caller, parameters)


def get_draft(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """One draft with its full body and engagement timeline."""
    return one_of("drafts", parts, caller, parameters, "There is no draft with this id.")

"""Contacts and the research on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.handlers.reading import one_of, page_of

if TYPE_CHECKING:
    from mockserver.access.caller import Caller
    from mockserver.access.parameters import Parameters
    from mockserver.parts import Parts


def list_contacts(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """A page of contacts. Filters: listId, qualificationStatus, q."""
    return page_of("contacts", parts, caller, parameters)


def get_contact(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """One contact."""
    return one_of("contacts", parts, caller, parameters, "There is no contact with this id.")


def get_contact_research(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """The cached research dossier of a contact; 404 where none is cached."""
    return one_of("research", parts, caller, parameters, "No research is cached for a contact with this id.")

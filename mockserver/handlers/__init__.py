"""The nine operations: a handler is a function of (parts, caller, parameters) that returns the body of a 200.

A handler is only ever handed the caller's own organization. It raises Refused for everything but a 200.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mockserver.handlers.contacts import get_contact, get_contact_research, list_contacts
from mockserver.handlers.drafts import get_draft, list_drafts
from mockserver.handlers.events import list_events
from mockserver.handlers.lists import get_list, list_lists
from mockserver.handlers.me import get_me

if TYPE_CHECKING:
    from mockserver.access.caller import Caller
    from mockserver.access.parameters import Parameters
    from mockserver.parts import Parts

HANDLERS: Mapping[str, Callable[[Parts, Caller, Parameters], bytes]] = {
    "getMe": get_me,
    "listContacts": list_contacts,
    "getContact": get_contact,
    "getContactResearch": get_contact_research,
    "listLists": list_lists,
    "getList": get_list,
    "listDrafts": list_drafts,
    "getDraft": get_draft,
    "listEvents": list_events,
}
"""What answers an operation, by the operation id of the OpenAPI document."""

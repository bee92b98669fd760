"""What the resources have in common: a page of a collection, one resource by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.access.problems import Refused, invalid_cursor, not_found

if TYPE_CHECKING:
    from mockserver.access.caller import Caller
    from mockserver.access.parameters import Parameters
    from mockserver.parts import Parts


def page_of(collection: str, parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
    """A page of the caller's contacts, lists, drafts or events (documentation, "Pagination")."""
    after = None
    if parameters.cursor is not None:
        try:
            after = parts.decode_cursor(parameters.cursor, caller)
        except ValueError as error:
            raise Refused(invalid_cursor()) from error
    page = parts.page(caller, collection, parameters.filters, after, parameters.limit)
    return parts.envelope(page.items, None if page.next is None else parts.encode_cursor(page.next, caller))


def one_of(collection: str, parts: Parts, caller: Caller, parameters: Parameters, missing: str) -> bytes:
    """One resource of the caller's. What another organization has is as missing as what nobody has, `missing` says so."""
    found = parts.single(caller, collection, parameters.path["id"])
    if found is None:
        raise Refused(not_found(missing))
    return found

"""The cached research of an organization's contacts."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mockserver.tenants.resource_types import Resource


class Dossiers:
    """The cached research of an organization's contacts, by the contact's id."""

    __slots__ = ("_dossiers", "_is_shared")

    def __init__(self) -> None:
        self._dossiers: dict[str, bytes] = {}
        self._is_shared = False

    def __len__(self) -> int:
        return len(self._dossiers)

    def __contains__(self, contact_id: object) -> bool:
        return contact_id in self._dossiers

    def copy(self) -> Dossiers:
        """An independent copy. Both share the dossiers until one of them changes."""
        twin = Dossiers()
        twin._dossiers = self._dossiers
        twin._is_shared = self._is_shared = True
        return twin

    def singles(self) -> Iterable[bytes]:
        """All dossiers as JSON."""
        return self._dossiers.values()

    def get(self, contact_id: str) -> bytes | None:
        """The contact's dossier as JSON; None if none is cached."""
        return self._dossiers.get(contact_id)

    def put(self, dossier: Resource) -> None:
        """Cache a dossier in place of the contact's earlier one, if there is one."""
        self._make_own()
        self._dossiers[dossier["contactId"]] = msgspec.json.encode(dossier)

    def extend(self, dossiers: Iterable[Resource]) -> None:
        """Cache many dossiers."""
        for dossier in dossiers:
            self.put(dossier)

    def remove(self, contact_id: str) -> bool:
        """Remove a contact's dossier; returns False if none was cached."""
        self._make_own()
        return self._dossiers.pop(contact_id, None) is not None

    def _make_own(self) -> None:
        if self._is_shared:
            self._dossiers, self._is_shared = self._dossiers.copy(), False

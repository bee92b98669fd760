"""The cached research of an organization's contacts."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mockserver.tenants.resource_types import Resource


class Dossiers:
    """The cached research of an organization's contacts, by the contact's id."""

    __slots__ = ("_dossiers",)

    def __init__(self) -> None:
        self._dossiers: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._dossiers)

    def __contains__(self, contact_id: str) -> bool:
        return contact_id in self._dossiers

    def copy(self) -> Dossiers:
        """The same dossiers, to be changed by themselves."""
        twin = Dossiers()
        twin._dossiers = self._dossiers.copy()
        return twin

    def singles(self) -> Iterable[bytes]:
        """All dossiers as JSON."""
        return self._dossiers.values()

    def get(self, contact_id: str) -> bytes | None:
        """The contact's dossier as JSON; None where none is cached."""
        return self._dossiers.get(contact_id)

    def put(self, dossier: Resource) -> None:
        """Cache a dossier, instead of the one of its contact, if there is one."""
        self._dossiers[dossier["contactId"]] = msgspec.json.encode(dossier)

    def extend(self, dossiers: Iterable[Resource]) -> None:
        """Cache many dossiers."""
        for dossier in dossiers:
            self.put(dossier)

    def remove(self, contact_id: str) -> bool:
        """Drop a contact's dossier; False where none was cached."""
        return self._dossiers.pop(contact_id, None) is not None

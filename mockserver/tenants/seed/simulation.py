"""A sales team at work: contacts arrive and qualify, drafts are written, approved, sent, opened and answered.

Its work depends only on the tenant, the times and the random source. It may go on for days: only the newest of
the resources that it added are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from mockserver.clock import milliseconds, utc
from mockserver.tenants.resource_types import Resource
from mockserver.tenants.seed import names
from mockserver.tenants.seed.content import dossier, metadata_of, told, words_about
from mockserver.tenants.seed.organizations import SCORES, marker_of, person
from mockserver.tenants.tenant import Tenant

_KEPT: Mapping[str, int] = {"contacts": 1_000, "drafts": 1_000, "lists": 20}
"""How many of the resources that the team added are kept; older ones are removed."""

_AT_HAND = 50
"""How many of the newest resources of a status the team and its recipients work on."""

_LONG_ENGAGEMENT = 8
_BUSINESS: Sequence[tuple[str, int]] = (
    ("arrive", 40),
    ("found_list", 1),
    ("archive_list", 1),
    ("qualify", 30),
    ("write", 30),
    ("approve", 28),
    ("send", 26),
    ("bounce", 2),
    ("open", 30),
    ("click", 8),
    ("reply", 10),
)
"""The kinds of work, and how often each is done in proportion to the others. A kind needs the work of earlier ones."""


class SalesTeam:
    """The team of one organization. The caller publishes the events of its work."""

    __slots__ = ("_began_with", "_business", "_marker", "_random", "_tenant")

    def __init__(self, tenant: Tenant, random: Random) -> None:
        self._tenant = tenant
        self._random = random
        self._marker = marker_of(tenant.organization)
        self._began_with = {collection: len(getattr(tenant, collection)) for collection in _KEPT}
        done: Mapping[str, Callable[[float], Resource | None]] = {
            "arrive": self._arrive,
            "found_list": self._found_list,
            "archive_list": self._archive_list,
            "qualify": self._qualify,
            "write": self._write,
            "approve": self._approve,
            "send": self._send,
            "bounce": self._bounce,
            "open": self._open,
            "click": self._click,
            "reply": self._reply,
        }
        self._business = [done[name] for name, _ in _BUSINESS]

    def step(self, now: float) -> list[Resource]:
        """Do one thing now (unix seconds), and return the events that were logged for it, at least one."""
        (at,) = self._random.choices(range(len(_BUSINESS)), [often for _, often in _BUSINESS])
        # If a kind of work is not possible yet, the work that makes it possible is done. The first kind is always possible.
        events = (self._business[earlier](now) for earlier in range(at, -1, -1))
        return [next(event for event in events if event)]

    def _arrive(self, now: float) -> Resource:
        lists = self._tenant.lists.rows({})[-_AT_HAND:]
        members = person(self._random, self._marker, self._random.randrange(10_000))
        status = self._random.choice(("unqualified", "pending"))
        on = [self._random.choice(lists).id] if lists and self._random.random() < 0.7 else []
        contact = self._tenant.add("contacts", {**members, "qualificationStatus": status, "listIds": on}, now)
        self._make_room("contacts")
        return self._log(now, "contact.created", contact)

    def _found_list(self, now: float) -> Resource:
        name = self._random.choice(names.LIST_NAMES).format(n=len(self._tenant.lists) + 1)
        contact_list = self._tenant.add("lists", {"name": name}, now)
        self._make_room("lists")
        return self._log(now, "list.created", contact_list)

    def _archive_list(self, now: float) -> Resource | None:
        lists = self._tenant.lists.rows({})
        if len(lists) <= self._began_with["lists"] // 2:
            return None
        chosen = lists[-1 - self._random.randrange(min(_AT_HAND, len(lists)))].id
        archived = self._tenant.patch("lists", chosen, {"archivedAt": utc(int(now * 1000))}, now)
        return archived and self._log(now, "list.archived", archived)

    def _qualify(self, now: float) -> Resource | None:
        outcomes = ("disqualified", "qualified") if self._random.random() < 0.3 else ("qualified",)
        contact = None
        for outcome in outcomes:
            contact = self._one("contacts", "qualificationStatus", "pending", "unqualified")
            if not contact:
                return None
            score = self._random.randint(*SCORES[outcome])
            members = {"qualificationStatus": outcome, "qualificationScore": score}
            contact = self._tenant.patch("contacts", contact["id"], members, now)
        if not contact:
            return None
        if self._random.random() < 0.3:
            moment = int(now * 1000)
            self._tenant.research.put(dossier(self._tenant, self._random, contact["id"], self._marker, moment, moment))
        return self._log(now, "contact.qualified", contact)

    def _write(self, now: float) -> Resource | None:
        contact = self._one("contacts", "qualificationStatus", "qualified")
        if not contact:
            return None
        words = words_about(self._tenant, contact["id"], self._marker)
        members = {
            "contactId": contact["id"],
            "subject": self._random.choice(names.SUBJECTS).format_map(words),
            "body": self._random.choice(names.BODIES).format_map(words),
            "status": self._random.choice(("draft", "pending_review", "pending_review")),
        }
        draft = self._tenant.add("drafts", members, now)
        self._make_room("drafts")
        return self._log(now, "draft.created", draft)

    def _approve(self, now: float) -> Resource | None:
        if self._random.random() < 0.1:
            self._move(now, "rejected", "pending_review")
        return self._move(now, "approved", "pending_review", "draft")

    def _send(self, now: float) -> Resource | None:
        return self._move(now, "sent", "approved", "scheduled")

    def _bounce(self, now: float) -> Resource | None:
        draft = self._one("drafts", "status", "sent")
        if not draft or [each["type"] for each in draft["engagement"]] != ["sent"]:
            return None
        return self._engage(now, draft, "bounced")

    def _open(self, now: float) -> Resource | None:
        draft = self._one("drafts", "status", "sent")
        if not draft:
            return None
        if len(draft["engagement"]) > _LONG_ENGAGEMENT:
            return self._engage(now, draft, "replied")
        if len(draft["engagement"]) == 1:
            return self._engage(now, draft, "delivered", "opened")
        return self._engage(now, draft, "opened")

    def _click(self, now: float) -> Resource | None:
        return self._follow(now, "clicked")

    def _reply(self, now: float) -> Resource | None:
        return self._follow(now, "replied")

    def _follow(self, now: float, engagement: str) -> Resource | None:
        """An engagement that is possible only after the message was opened."""
        draft = self._one("drafts", "status", "sent")
        if not draft or draft["engagement"][-1]["type"] not in ("opened", "clicked"):
            return None
        return self._engage(now, draft, engagement)

    def _engage(self, now: float, draft: Resource, *engagement: str) -> Resource | None:
        """Have the message engaged with in these ways; the last is logged, and may be the draft's new status."""
        moment = utc(max(int(now * 1000), milliseconds(draft["engagement"][-1]["occurredAt"])))
        steps = [
            {"type": kind, "occurredAt": moment, "metadata": metadata_of(kind, self._random)} for kind in engagement
        ]
        members: dict[str, object] = {"engagement": [*draft["engagement"], *steps]}
        if engagement[-1] in ("replied", "bounced"):
            members["status"] = engagement[-1]
        changed = self._tenant.patch("drafts", draft["id"], members, now)
        return changed and self._log(now, f"draft.{engagement[-1]}", changed)

    def _move(self, now: float, status: str, *before: str) -> Resource | None:
        draft = self._one("drafts", "status", *before)
        changed = draft and self._tenant.patch("drafts", draft["id"], {"status": status}, now)
        return changed and self._log(now, f"draft.{status}", changed) if status != "rejected" else None

    def _one(self, collection: str, member: str, *values: str) -> Resource | None:
        """One of the newest resources with the first of the values that any has."""
        store = getattr(self._tenant, collection)
        for value in values:
            rows = store.rows({member: value})
            if rows:
                found: Resource = store.read(rows[-1 - self._random.randrange(min(_AT_HAND, len(rows)))].id)
                return found
        return None

    def _make_room(self, collection: str) -> None:
        """Remove the oldest resources that were added since the team began, if there are more than are kept."""
        rows = getattr(self._tenant, collection).rows({"includeArchived": "1"})
        began_with = self._began_with[collection]
        for row in rows[began_with : max(began_with, len(rows) - _KEPT[collection])]:
            self._tenant.delete(collection, row.id)

    def _log(self, now: float, event_type: str, resource: Resource) -> Resource:
        data = told(self._tenant, event_type.partition(".")[0], resource)
        return self._tenant.add_event(now, event_type, resource["id"], data)

"""The console shows first-time users what they need, in the right place."""

from __future__ import annotations

import re

from tests.support.console_client import Visitor, text
from tests.support.mock_client import FULL, KEYS, MOCK, Client, new_mock


class TestOverview:
    def test_its_command_works_as_it_stands(self) -> None:
        page = text(Visitor(MOCK).get())
        found = re.search(r'curl -H "Authorization: (Bearer \w+)" http://[^/ ]+(/\S+)', page)
        assert found
        assert Client(MOCK).get(found[2], authorization=found[1]).status == 200

    def test_there_is_nothing_to_try_without_a_key(self) -> None:
        mock = new_mock(contacts=0)
        for key in tuple(mock.state.keys):
            mock.state.keys.remove(key)
        assert "Try it" not in text(Visitor(mock).get())


def test_primary_keys_come_first_and_spare_ones_are_folded_away() -> None:
    page = Visitor(new_mock()).get("/api-keys").body.decode()
    shown, _, folded = page.partition('<details class="spare">')
    names = re.findall(r"<h2><bdi>([^<]+)</bdi>", shown)
    assert set(names[:2]) == {key.name for key in KEYS["primary"]}
    assert [key.name for key in KEYS["spare"] if key.name in shown] == []
    assert all(key.name in folded for key in KEYS["spare"])


class TestFaults:
    def test_they_are_grouped_by_the_requirement_that_they_break(self) -> None:
        page = text(Visitor(MOCK).get("/hardships"))
        groups = re.findall(r"\b(OP-1|PAGE-1|RATE-1|HOOK-1) [A-Z]", page)
        assert groups == ["OP-1", "PAGE-1", "RATE-1", "HOOK-1"]

    def test_they_are_found_by_their_requirement(self) -> None:
        page = Visitor(MOCK).get("/hardships?q=RATE-1").body.decode()
        assert "pick=" in page
        assert "pick=default-of-49" not in page


class TestFields:
    def test_a_contact_is_added_and_changed_without_json(self) -> None:
        mock = new_mock(contacts=0)
        visitor = Visitor(mock)
        tenant = mock.state.tenants[FULL.organization_id]
        visitor.do(
            "/data/contacts", {"field.lastName": "Łuczak", "field.email": "", "field.qualificationStatus": "pending"}
        )
        (row,) = tenant.contacts.rows({})
        added = tenant.contacts.read(row.id) or {}
        assert (added["lastName"], added["email"], added["qualificationStatus"]) == ("Łuczak", None, "pending")
        visitor.do(f"/data/contacts/{row.id}", {"field.lastName": "", "field.email": "z@example.com"})
        changed = tenant.contacts.read(row.id) or {}
        assert (changed["lastName"], changed["email"]) == (None, "z@example.com")
        assert changed["qualificationStatus"] == "pending"

    def test_what_is_wrong_is_said_and_what_was_typed_stays(self) -> None:
        visitor = Visitor(new_mock())
        answer = visitor.post("/data/drafts", {"field.contactId": "con_none", "field.subject": "Typed & kept"})
        assert answer.status == 400
        assert b'role="alert"' in answer.body
        assert b"Typed &amp; kept" in answer.body

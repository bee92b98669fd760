"""Data in the console is added, changed, searched and deleted; even hostile text stays text."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from tests.support.console_client import PAGES, Visitor, text
from tests.support.mock_client import FULL, MOCK, START, new_mock


class TestData:
    HOSTILE = "<script>alert(1)</script>\u202e\x00" + "w" * 5_000

    def test_hostile_data_stays_text(self) -> None:
        mock = new_mock()
        tenant = mock.state.tenants[FULL.organization_id]
        contact = tenant.add_contact(START, firstName=self.HOSTILE, email='"><img src=x onerror=alert(1)>')
        visitor = Visitor(mock)
        visitor.do("/api-keys", {"name": "<b>bold</b>"})
        for path in (*PAGES, f"/data/contacts/{contact['id']}", "/data/contacts?q=%3Cscript%3E"):
            page = visitor.get(path).body.decode()
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "<b>" not in page
            assert "\x00" not in page
            assert "\u202e" not in page

    def test_a_resource_is_added_changed_and_deleted(self) -> None:
        mock = new_mock()
        tenant = mock.state.tenants[FULL.organization_id]
        visitor = Visitor(mock)
        added = visitor.post("/data/contacts", {"json": json.dumps({"firstName": "Ada", "email": "ada@example.com"})})
        path = added.headers["location"].partition("?")[0].removeprefix("/admin")
        contact = tenant.contacts.read(path.rpartition("/")[2])
        assert contact
        assert contact["firstName"] == "Ada"
        visitor.do(path, {"json": json.dumps({**contact, "lastName": "Lovelace"})})
        assert (tenant.contacts.read(contact["id"]) or {})["lastName"] == "Lovelace"
        visitor.do(f"{path}/delete")
        assert tenant.contacts.read(contact["id"]) is None
        assert visitor.get(path).status == 404

    @pytest.mark.parametrize("kind", ["contacts", "lists", "drafts", "events"])
    def test_every_resource_has_a_page(self, kind: str) -> None:
        visitor = Visitor(MOCK)
        links = re.findall(rf'href="/admin(/data/{kind}/\w+\?[^"]+)"', visitor.get(f"/data/{kind}").body.decode())
        links = [link for link in links if "/new?" not in link]
        assert links
        for link in links:
            assert visitor.get(unescape(link)).status == 200, link

    def test_an_event_leads_to_what_it_is_about(self) -> None:
        tenant = MOCK.state.tenants[FULL.organization_id]
        event = next(each for row in tenant.events.rows({}) if (each := tenant.events.read(row.id)))
        page = Visitor(MOCK).get(f"/data/events/{event['id']}").body.decode()
        assert f"/data/{event['resource']['type']}s/{event['resource']['id']}?" in page

    def test_saving_what_is_shown_changes_nothing_but_the_time(self) -> None:
        mock = new_mock()
        tenant = mock.state.tenants[FULL.organization_id]
        contact = tenant.add_contact(START, firstName=self.HOSTILE, lastName="\u2028\u200f\x7f é")
        visitor = Visitor(mock)
        page = visitor.get(f"/data/contacts/{contact['id']}").body.decode()
        shown = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
        assert shown
        visitor.do(f"/data/contacts/{contact['id']}", {"json": unescape(shown[1])})
        assert tenant.contacts.read(contact["id"]) == contact

    @pytest.mark.parametrize("typed", ["", "[", "[]", "[" * 100_000, '{"email": 1}'], ids=lambda typed: typed[:9])
    def test_what_is_no_resource_is_said(self, typed: str) -> None:
        answer = Visitor(MOCK).post("/data/contacts", {"json": typed})
        assert answer.status == 400
        assert b'role="alert"' in answer.body

    def test_pages_follow_one_another(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        page = visitor.get("/data/contacts").body.decode()
        following = re.search(r'href="/admin([^"]+)" rel="next"', page)
        assert following
        rest = visitor.get(following[1].replace("&amp;", "&")).body.decode()
        ids = re.findall(r">(con_\w+)</code>", page) + re.findall(r">(con_\w+)</code>", rest)
        assert len(ids) == len(set(ids)) == 60

    def test_the_search_finds_by_name(self) -> None:
        mock = new_mock()
        mock.state.tenants[FULL.organization_id].add_contact(START, firstName="Findable")
        page = Visitor(mock).get("/data/contacts?q=findable").body.decode()
        assert len(re.findall(r">(con_\w+)</code>", page)) == 1


class TestOrganizations:
    def test_one_is_added_with_data_and_deleted(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        page = visitor.do("/organizations", {"name": "Third & <Sons>", "contacts": "7"})
        assert "Contacts 7" in text(page)
        *_, added = mock.state.tenants.values()
        assert added.organization.name == "Third & <Sons>"
        assert "Third & <Sons>" in text(visitor.get())
        visitor.do(f"/organizations/{added.organization.id}/delete")
        assert added.organization.id not in mock.state.tenants

    def test_one_without_a_name_is_not_added(self) -> None:
        assert b'role="alert"' in Visitor(MOCK).do("/organizations", {"name": ""}).body

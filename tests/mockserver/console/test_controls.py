"""The console's log of requests, its clock, and the hardships that it switches on."""

from __future__ import annotations

import asyncio
import re
from html import unescape

import pytest

from mockserver.app import Settings, create_app
from mockserver.modifications.condition import parsed
from mockserver.modifications.faults import named
from mockserver.modifications.requested import requested
from tests.support.console_client import CONTACTS, ME, Visitor, text
from tests.support.mock_client import FULL, START, Client, new_mock, scope_of


class TestRequests:
    def test_a_refusal_is_shown_with_its_reason(self) -> None:
        mock = new_mock()
        Client(mock, FULL).get(f"{CONTACTS}?limit=x")
        Client(mock, FULL).get(ME)
        visitor = Visitor(mock)
        assert "invalid-parameter Invalid: limit." in text(visitor.get("/requests"))
        assert "invalid-parameter" not in text(visitor.get("/requests/rows?status=200"))
        rows = visitor.get("/requests/rows?after=1")
        assert rows.headers["x-newest"] == "2"
        assert rows.body.count(b'class="entry"') == 1
        detail = text(visitor.get("/requests/1"))
        assert "Refused: invalid-parameter" in detail
        assert FULL.secret not in detail

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("status=4xx", 1),
            ("status=200", 1),
            ("problem=invalid-parameter", 1),
            ("operation=getMe", 1),
            ("query=limit", 1),
            ("path=contacts", 1),
            ("method=POST", 0),
            ("key=nobody", 0),
            (f"key={FULL.id}", 2),
        ],
    )
    def test_the_log_is_filtered(self, query: str, found: int) -> None:
        mock = new_mock()
        Client(mock, FULL).get(f"{CONTACTS}?limit=x")
        Client(mock, FULL).get(ME)
        assert Visitor(mock).get(f"/requests?{query}").body.count(b'class="entry"') == found

    def test_all_is_had_as_har_and_forgotten(self) -> None:
        mock = new_mock()
        Client(mock, FULL).get(ME)
        visitor = Visitor(mock)
        har = visitor.get("/requests.har")
        assert len(har.json["log"]["entries"]) == 1
        assert "attachment" in har.headers["content-disposition"]
        visitor.do("/requests/clear")
        assert not len(mock.world.request_log)


class TestClockAndHardships:
    def test_the_clock_is_moved(self) -> None:
        mock = create_app(Settings(contacts=3))
        clock = mock.state.clock
        visitor = Visitor(mock)
        assert "frozen" in text(visitor.do("/clock", {"freeze": "1"}))
        before = clock.now()
        visitor.do("/clock", {"advance": "3600"})
        assert clock.now() == before + 3_600
        visitor.do("/clock", {"set": "2027-01-02T03:04:05"})
        assert clock.now() == 1_798_859_045
        visitor.do("/clock", {"resume": "1"})
        assert not clock.is_frozen

    def test_a_fault_is_switched_on_for_some_and_off(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        page = visitor.do(
            "/hardships", {"name": "default-of-49", "key": FULL.id, "operation": "listContacts", "requests": "2"}
        )
        assert "2 of 2 requests left" in text(page)
        client = Client(mock, FULL)
        assert [len(client.get(CONTACTS).json["data"]) for _ in range(3)] == [49, 49, 50]
        (switch,) = mock.world.switches
        visitor.do(f"/hardships/{switch.id}/off")
        assert not list(mock.world.switches)

    def test_a_hardship_has_parameters(self) -> None:
        visitor = Visitor(new_mock())
        page = visitor.do(
            "/hardships", {"name": "latency", "parameter.seconds": "0.5", "parameter.distribution": "fixed"}
        )
        assert "seconds=0.5" in text(page)
        answer = visitor.post("/hardships", {"name": "latency", "parameter.seconds": "-1"})
        assert answer.status == 400
        assert "seconds" in text(answer)
        visitor.do("/hardships/off")
        assert not list(visitor.mock.world.switches)

    def test_a_hardship_of_deliveries_is_for_all_of_them(self) -> None:
        visitor = Visitor(new_mock())
        page = visitor.get("/hardships?pick=tampered-deliveries")
        assert "deliveries to webhook endpoints" in text(page)
        assert b'name="requests"' not in page.body
        assert "every delivery" in text(visitor.do("/hardships", {"name": "tampered-deliveries"}))

    def test_the_overview_says_what_is_on(self) -> None:
        mock = new_mock(modifications=[named("default-of-49")])
        mock.world.switch_on(requested("fault", "limit-plus-one@operation=listLists"))
        page = text(Visitor(mock).get())
        assert "default-of-49" in page
        assert "limit-plus-one@operation=listLists" in page

    def test_the_overview_says_what_is_held(self) -> None:
        mock = new_mock()
        mock.world.held.on(parsed("operation=getMe"))
        assert "hold operation=getMe" in text(Visitor(mock).get())

    def test_requests_are_held_seen_and_released(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        page = visitor.do("/hardships/hold", {"operation": "getMe", "requests": "1"})
        assert "getMe , 1 of 1 requests left" in text(page)

        async def story() -> None:
            scope = scope_of("GET", f"{ME}?q=1".encode(), [(b"authorization", f"Bearer {FULL.secret}".encode())])
            waiting = asyncio.create_task(mock.world.held.wait(scope, mock.state))
            await asyncio.sleep(0)
            shown = (await asyncio.to_thread(visitor.get, "/hardships")).body.decode()
            assert f"{ME}?q=1" in unescape(re.sub("<[^>]*>", "", shown))
            (release,) = re.findall(r'action="/admin([^"]+/release)"', shown)
            assert "goes on" in text(await asyncio.to_thread(visitor.do, release))
            await waiting

        asyncio.run(asyncio.wait_for(story(), 60))
        assert "None." in text(visitor.get("/hardships/held"))

    def test_what_cannot_be_held_is_said(self) -> None:
        answer = Visitor(new_mock()).post("/hardships/hold", {"requests": "many"})
        assert answer.status == 400
        assert "requests has to be a number" in text(answer)

    def test_the_whole_condition_of_what_is_on_is_shown(self) -> None:
        mock = new_mock()
        mock.world.switch_on(requested("fault", "default-of-49@state=archived,method=HEAD,every=3"))
        assert "method= HEAD , state= archived , every= 3 ," in text(Visitor(mock).get("/hardships"))

    def test_a_switch_that_applies_to_no_more_requests_is_shown_as_spent(self) -> None:
        mock = new_mock()
        switch = mock.world.switch_on(requested("fault", "default-of-49@requests=1"))
        shown = [[b">spent<" in Visitor(mock).get(path).body for path in ("", "/hardships")]]
        switch.left = 0
        shown += [[b">spent<" in Visitor(mock).get(path).body for path in ("", "/hardships")]]
        assert shown == [[False, False], [True, True]]

    def test_a_reset_begins_again(self) -> None:
        mock = new_mock()
        mock.state.tenants[FULL.organization_id].add_contact(START, firstName="Late")
        Visitor(mock).do("/hardships/reset")
        assert len(mock.state.tenants[FULL.organization_id].contacts) == 60

"""The control API does not serve strangers, show secrets, mix worlds, wait for ever, or continue the work of dropped worlds."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import pytest

from mockserver.app import Mock, Settings, create_app
from mockserver.clock import Clock
from mockserver.control.redaction import redacted_query
from mockserver.control.requests import MOST_WAITING
from tests.support.console_client import Visitor
from tests.support.mock_client import FULL, START, Client, new_mock
from tests.support.waiting import until

TOKEN = "control-token-1"
VIEWS = ("requests", "requests/1", "requests.har")
SHOWN = f"obk_live_…{FULL.secret[-4:]}"


async def ask(mock: Mock, method: str, path: str, body: Any = None) -> Any:
    return await mock.control.call(mock.world, method, path, body)


class TestGuard:
    def mock(self) -> Mock:
        return create_app(Settings(contacts=0), Clock(START), TOKEN)

    @pytest.mark.parametrize(
        ("authorization", "status"),
        [(f"Bearer {TOKEN}", 200), (f"bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 401), ("", 401)],
    )
    @pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1"])
    def test_a_token_is_asked_of_everyone(self, authorization: str, status: int, peer: str) -> None:
        answer = Client(self.mock(), peer=peer).get("/_mock/health", authorization=authorization)
        assert answer.status == status
        assert TOKEN.encode() not in answer.body

    @pytest.mark.parametrize(
        "headers",
        [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}],
    )
    def test_no_page_of_another_site_may_ask(self, headers: dict[str, str]) -> None:
        assert Client(new_mock(contacts=0)).ask("POST", "/_mock/reset", **headers).status == 403

    def test_a_page_of_its_own_may_ask(self) -> None:
        client = Client(new_mock(contacts=0))
        assert client.get("/_mock/health", origin="http://127.0.0.1", sec_fetch_site="same-origin").status == 200

    def test_callers_in_this_process_need_none(self) -> None:
        assert asyncio.run(ask(self.mock(), "GET", "/_mock/health"))[0] == 200


class TestBodies:
    def test_a_body_beyond_its_length_is_refused(self) -> None:
        answer = Client(new_mock(contacts=0)).ask("POST", "/_mock/clock", b'"%s"' % (b"a" * 70_000))
        assert answer.status == 413

    def test_a_state_may_be_longer(self) -> None:
        mock = new_mock(contacts=200)
        state = Client(mock).get("/_mock/state").body
        assert len(state) > 70_000
        assert Client(mock).ask("PUT", "/_mock/state", state).status == 200

    @pytest.mark.parametrize(
        ("content_type", "status"),
        [("application/json; charset=utf-8", 200), ("application/x-www-form-urlencoded", 415), ("text/plain", 415)],
    )
    def test_only_json_is_taken(self, content_type: str, status: int) -> None:
        client = Client(new_mock(contacts=0))
        assert client.ask("POST", "/_mock/clock", b'{"advance": 1}', content_type=content_type).status == status

    @pytest.mark.parametrize(
        "url", ["http://10.0.0.1/", "http://169.254.169.254/latest", "http://[fe80::1]/", "http://[/"]
    )
    def test_a_webhook_elsewhere_is_refused(self, url: str) -> None:
        answer = Client(new_mock(contacts=0)).ask("POST", "/_mock/webhooks", json.dumps({"url": url}).encode())
        assert answer.status == 400

    @pytest.mark.parametrize(("url", "status"), [("http://10.0.0.1/hook", 400), ("http://127.0.0.1:9/hook", 200)])
    def test_a_state_with_a_webhook_elsewhere_is_refused(self, url: str, status: int) -> None:
        client = Client(new_mock(contacts=0))
        endpoint = {"organization": FULL.organization_id, "url": url, "signingSecret": "whsec_" + "1" * 40}
        state = {**client.get("/_mock/state").json, "webhooks": [endpoint]}
        answer = client.ask("PUT", "/_mock/state", json.dumps(state).encode())
        assert answer.status == status
        assert ("webhooks.0: 10.0.0.1 is not on this machine" in answer.body.decode()) == (status == 400)

    @pytest.mark.parametrize(
        ("path", "body", "told"),
        [
            ("clock", {"advance": -1}, "advance must be at least 0."),
            ("clock", {"freeze": False}, "freeze must be true."),
            ("keys", {"name": "CI", "scopes": [], "limits": {"perMinute": 90}}, "limits lacks the member burst."),
            ("switches", {"hardship": "latency", "requests": 0}, "requests must be at least 1."),
            ("clock", {}, "The body must be one of the forms that the document has: advance, set, freeze, resume."),
            (
                "clock",
                {"advance": 1, "set": "2026-01-01T00:00:00Z"},
                "The body has members that do not go together: advance, set.",
            ),
            ("clock", {"advance": math.nan}, "The body must be JSON, which has no NaN."),
        ],
    )
    def test_what_is_wrong_with_the_form_that_was_meant_is_said(self, path: str, body: Any, told: str) -> None:
        answer = Client(new_mock(contacts=0)).ask("POST", f"/_mock/{path}", json.dumps(body).encode())
        assert (answer.status, answer.json["detail"]) == (400, told)

    def test_the_place_where_a_body_is_no_json_is_said(self) -> None:
        answer = Client(new_mock(contacts=0)).ask("POST", "/_mock/clock", b'{"advance": 60')
        assert answer.json["detail"] == "The body must be JSON: the error is in line 1, column 15."

    @pytest.mark.parametrize(
        "query", ["?limits=1", "?limit=x", "?wait=61", "?status=9", "?after=-1", "?limit=1&limit=2"]
    )
    def test_a_slip_in_the_query_is_refused(self, query: str) -> None:
        assert Client(new_mock(contacts=0)).get(f"/_mock/requests{query}").status == 400


class TestResets:
    def test_one_that_would_keep_everybody_waiting_is_refused(self) -> None:
        client = Client(new_mock())
        answer = client.ask("POST", "/_mock/reset", b'{"organizations": 3, "contacts": 100000}')
        assert (answer.status, "at most 200,000 contacts" in answer.json["detail"]) == (400, True)
        assert client.ask("POST", "/_mock/reset", b'{"organizations": 3, "contacts": 3}').status == 200


class TestSecrets:
    def test_the_log_shows_no_key_wherever_it_was(self) -> None:
        mock = new_mock()
        key = FULL.secret
        places = {
            "authorization": f"Bearer {key}",
            "cookie": f"session={key}",
            "x_api_key": key,
            "x_other": f"key {key}",
        }
        Client(mock).get(f"/api/v1/{key}?api_key={key}&x=obk%5Flive%5F{key[9:]}", **places)
        everything = b"".join(Client(mock).get(f"/_mock/{path}").body for path in VIEWS)
        assert key.encode() not in everything
        assert key[9:].encode() not in everything
        assert SHOWN in everything.decode()

    @pytest.mark.parametrize(
        "prefix", ["obk_live_", "obk%5Flive%5F", "obk%5flive_", "%6fbk_live_", "%6F%62%6b%5f%6c%69%76%65%5f"]
    )
    def test_no_spelling_of_a_key_in_a_path_is_shown_where_its_place_is(self, prefix: str) -> None:
        mock, spelled = new_mock(), prefix + FULL.secret[9:]
        Client(mock).get(f"/api/v1/contacts/{spelled}?{spelled}", x_other=spelled)
        assert Client(mock).get("/_mock/requests/1").json["keyFoundIn"] == ["path", "query", "x-other"]
        visitor = Visitor(mock)
        shown = [Client(mock).get(f"/_mock/{path}").body for path in (*VIEWS, "grade")]
        shown += [visitor.get(page).body for page in ("/requests", "/requests/1", "/grade", "/")]
        assert FULL.secret[9:].encode() not in b"".join(shown)

    @pytest.mark.parametrize("query", ["token=abcdefghijklmnopqrstuvwxyz", "x=1&apiKey=sk_live_abcdefghijklmnop"])
    def test_a_parameter_that_is_named_for_a_secret_is_shortened(self, query: str) -> None:
        assert "abcdefghij" not in redacted_query(query)
        assert redacted_query("listId=lst_0123456789abcdef0123&q=") == "listId=lst_0123456789abcdef0123&q="

    def test_an_archive_has_what_har_asks_for(self) -> None:
        mock = new_mock()
        Client(mock, FULL).get("/api/v1/contacts?limit=2")
        log = Client(mock).get("/_mock/requests.har").json["log"]
        assert {"version", "creator", "entries"} <= log.keys()
        (entry,) = log["entries"]
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
        common = {"httpVersion", "cookies", "headers", "headersSize", "bodySize"}
        assert common | {"method", "url", "queryString"} <= entry["request"].keys()
        assert common | {"status", "statusText", "content", "redirectURL"} <= entry["response"].keys()
        assert {"send", "wait", "receive"} <= entry["timings"].keys()
        assert entry["request"]["queryString"] == [{"name": "limit", "value": "2"}]
        assert json.loads(entry["response"]["content"]["text"])["data"]


class TestWaiting:
    def test_it_answers_once_enough_requests_match(self) -> None:
        async def story() -> tuple[int, Any]:
            mock = new_mock(contacts=0)
            waiting = asyncio.ensure_future(ask(mock, "GET", "/_mock/requests?wait=60&count=2&operation=getMe"))
            for path in ("/api/v1/lists", "/api/v1/me", "/api/v1/me"):
                await asyncio.sleep(0.01)
                assert not waiting.done()
                await asyncio.to_thread(Client(mock, FULL).get, path)
            status, answer = await asyncio.wait_for(waiting, 50)
            return status, [entry["operation"] for entry in answer["data"]]

        assert asyncio.run(story()) == (200, ["getMe", "getMe"])

    def test_it_gives_up_after_the_time(self) -> None:
        assert asyncio.run(ask(new_mock(contacts=0), "GET", "/_mock/requests?wait=1"))[1] == {"data": [], "last": 0}

    def test_not_everyone_may_wait(self) -> None:
        async def story() -> int:
            mock = new_mock(contacts=0)
            waiting = [asyncio.ensure_future(ask(mock, "GET", "/_mock/requests?wait=60")) for _ in range(MOST_WAITING)]
            await until(lambda: mock.world.request_log.waiting == MOST_WAITING)
            status: int = (await ask(mock, "GET", "/_mock/requests?wait=60"))[0]
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return status

        assert asyncio.run(story()) == 429


class TestWorlds:
    def test_two_see_nothing_of_each_other(self) -> None:
        mock = new_mock()
        one, other = (Client(mock).ask("POST", "/_mock/worlds").json["id"] for _ in range(2))
        client = Client(mock, FULL)
        minted = client.ask("POST", f"/_worlds/{one}/_mock/keys", b'{"name": "one", "scopes": []}').json
        client.ask("POST", f"/_worlds/{one}/_mock/clock", b'{"advance": 60}')
        client.ask("POST", f"/_worlds/{one}/_mock/switches", b'{"fault": "default-of-49"}')
        client.ask("POST", f"/_worlds/{one}/_mock/webhooks", b'{"url": "http://127.0.0.1:9/"}')
        contact = client.ask("POST", f"/_worlds/{one}/_mock/contacts").json
        client.get(f"/_worlds/{one}/api/v1/contacts")
        seen = b"".join(
            client.get(f"{home}/_mock/{path}").body
            for home in (f"/_worlds/{other}", "")
            for path in ("keys", "clock", "switches", "webhooks", "requests", "state")
        )
        for trace in (minted["id"], contact["id"], "default-of-49", '"number"', "127.0.0.1:9", f"{START + 60}"):
            assert trace.encode() not in seen

    def test_a_dropped_one_ends_what_goes_on_in_it(self) -> None:
        async def story() -> None:
            mock = new_mock()
            _, made = await ask(mock, "POST", "/_mock/worlds")
            world = mock.worlds.copies[made["id"]]
            await mock.control.call(world, "POST", "/_mock/webhooks", {"url": "http://127.0.0.1:9/"})
            await mock.control.call(world, "PUT", "/_mock/activity", {"rate": 6000})
            await mock.control.call(world, "POST", "/_mock/events")
            await until(lambda: len(asyncio.all_tasks()) > 1)
            await ask(mock, "DELETE", f"/_mock/worlds/{made['id']}")
            await until(lambda: len(asyncio.all_tasks()) == 1)

        asyncio.run(story())

    def test_the_same_calls_at_the_same_time_have_the_same_effects(self) -> None:
        async def state() -> Any:
            mock = new_mock(contacts=30)
            await ask(mock, "POST", "/_mock/organizations", {"name": "Cinder", "contacts": 20})
            await ask(mock, "POST", "/_mock/keys", {"name": "CI", "scopes": []})
            await ask(mock, "POST", "/_mock/webhooks", {"url": "http://127.0.0.1:9/"})
            for _ in range(20):
                await ask(mock, "POST", "/_mock/activity/steps")
            mock.world.close()
            return (await ask(mock, "GET", "/_mock/state"))[1]

        assert asyncio.run(state()) == asyncio.run(state())

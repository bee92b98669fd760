"""The console over HTTP: who may come in, which forms it takes, what it changes, and that it survives the data that it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from importlib.resources import files

import pytest

from mockserver.app import Settings, create_app
from mockserver.clock import Clock
from mockserver.faults import named
from mockserver.switches import Condition
from mockserver.webhooks.signing import digest
from spec import contract
from tests.console_client import HOST, Fields, Visitor, text
from tests.mock_client import FULL, MOCK, START, Client, new_mock

PAGES = (
    "",
    "/api-keys",
    "/integrations/webhooks",
    "/integrations/webhooks/debugger",
    "/requests",
    "/data/contacts",
    "/data/lists",
    "/data/drafts",
    "/data/events",
    "/data/contacts/new",
    "/clock",
    "/hardships",
    "/hardships?pick=latency",
)
SECRET = re.compile(r'<code id="secret">([^<]+)</code>')
ME = contract().operations["getMe"].path
CONTACTS = contract().operations["listContacts"].path


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_served_with_what_protects_it(path: str) -> None:
    answer = Visitor(MOCK).get(path)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    page = answer.body.decode()
    assert not re.search(r'(src|href|action)="(https?:)?//', page), "it refers to another origin"
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|<style", page), "its policy would refuse that"


def test_cookies_are_kept_from_scripts_and_other_sites() -> None:
    cookie = Visitor(new_mock()).get().headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert cookie.startswith("outbound_form_8080=")


def test_every_file_of_the_pages_is_served_and_may_be_kept() -> None:
    visitor = Visitor(new_mock())
    page = visitor.get("/api-keys").body.decode()
    names = re.findall(r'(?:src|href)="/admin(/static/[^"]+)"', page)
    assert {name.partition("?")[0] for name in names} >= {
        "/static/console.css",
        "/static/console.js",
        "/static/meters.js",
    }
    for name in names:
        answer = visitor.get(name)
        assert (answer.status, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert visitor.get("/static/../app.py").status == 404


def test_no_script_reaches_for_another_origin() -> None:
    for file in (files("mockserver.console") / "static").iterdir():
        assert not re.search(r"https?://(?!www\.w3\.org/)", file.read_text("utf-8")), file.name


class TestAccess:
    def test_it_serves_this_machine_alone(self) -> None:
        assert Visitor(new_mock(), peer="192.0.2.1").get().status == 403
        assert Visitor(new_mock()).get(host="rebound.example").status == 403
        assert Visitor(new_mock(), peer="192.0.2.1").get("/static/console.css").status == 403

    def test_with_a_control_token_it_asks_for_it(self) -> None:
        mock = create_app(Settings(contacts=3), Clock(START), "sesame")
        visitor = Visitor(mock, peer="192.0.2.1")
        assert visitor.get("/api-keys").headers["location"] == "/admin/login"
        page = visitor.get("/login")
        token = re.search(r'name="token" value="([^"]+)"', page.body.decode())
        assert token
        wrong = visitor.post("/login", {"token": token[1], "control_token": "open"})
        assert "not the control token" in text(wrong)
        assert visitor.get("/api-keys").status == 303
        assert visitor.post("/login", {"token": token[1], "control_token": "sesame"}).status == 303
        assert visitor.get("/api-keys").status == 200
        assert "sesame" not in str(visitor.cookies)

    def test_who_has_logged_in_can_log_out(self) -> None:
        visitor = Visitor(create_app(Settings(contacts=3), Clock(START), "sesame"), peer="192.0.2.1")
        found = re.search(r'name="token" value="([^"]+)"', visitor.get("/login").body.decode())
        assert found
        visitor.post("/login", {"token": found[1], "control_token": "sesame"})
        assert 'action="/admin/logout"' in visitor.get("/clock").body.decode()
        assert visitor.get("/logout").status == 405
        assert visitor.post("/logout", {"token": "x" * 32}).status == 403
        assert visitor.post("/logout", origin="http://evil.example").status == 403
        assert visitor.get("/clock").status == 200
        left = visitor.post("/logout")
        assert (left.status, left.headers["location"]) == (303, "/admin/login")
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert visitor.get("/clock").headers["location"] == "/admin/login"

    def test_nobody_logs_out_where_nobody_logs_in(self) -> None:
        visitor = Visitor(new_mock())
        assert "Log out" not in text(visitor.get("/clock"))
        assert visitor.post("/logout").status == 404

    def test_the_token_counts_as_a_bearer_credential_too(self) -> None:
        mock = create_app(Settings(contacts=3), Clock(START), "sesame")
        assert Visitor(mock, peer="192.0.2.1").get(authorization="Bearer sesame").status == 200


class TestForms:
    ADVANCE: Mapping[str, str] = {"advance": "60"}

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:9999"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
        ],
        ids=str,
    )
    def test_another_site_cannot_send_one(self, headers: dict[str, str]) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        assert visitor.post("/clock", self.ADVANCE).status == 303
        assert visitor.post("/clock", self.ADVANCE, **headers).status == 403
        assert mock.parts.clock.now() == START + 60

    @pytest.mark.parametrize("token", ["", "x" * 32])
    def test_it_needs_the_token_of_the_page(self, token: str) -> None:
        mock = new_mock()
        assert Visitor(mock).post("/clock", {**self.ADVANCE, "token": token}).status == 403
        assert mock.parts.clock.now() == START

    def test_it_needs_the_cookie_too(self) -> None:
        visitor = Visitor(new_mock())
        token = visitor.token
        visitor.cookies.clear()
        assert (
            visitor.send(
                "POST",
                "/admin/clock",
                f"token={token}&advance=1".encode(),
                content_type="application/x-www-form-urlencoded",
            ).status
            == 403
        )

    def test_what_it_cannot_take_is_said(self) -> None:
        visitor = Visitor(new_mock())
        assert visitor.post("/clock", {}, content_type="application/json").status == 415
        assert visitor.post("/clock", {"advance": "x" * 3_000_000}).status == 413
        assert visitor.post("/clock", {f"f{number}": "" for number in range(600)}).status == 400
        assert "number of seconds" in text(visitor.do("/clock", {"advance": "soon"}))
        assert visitor.get("/nothing").status == 404
        assert visitor.send("DELETE", "/admin/clock", b"").headers["allow"] == "GET, POST"
        assert visitor.get("/api-keys?organization=org_nothing").status == 404


class TestKeys:
    def test_a_minted_secret_is_shown_once(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        sent = visitor.post("/api-keys", {"name": "Mine", "scopes": ["contacts.read"], "expires": "2", "unit": "hours"})
        page = visitor.send("GET", sent.headers["location"], b"")
        secret = SECRET.findall(page.body.decode())[0]
        key = mock.parts.keys.find(secret.encode())
        assert key
        assert (key.name, key.scopes, key.expires_at) == ("Mine", ("contacts.read",), START + 7_200)
        for path in (sent.headers["location"].removeprefix("/admin"), *PAGES):
            assert secret.encode() not in visitor.get(path).body
        assert key.prefix in text(visitor.get("/api-keys"))

    def test_a_key_has_limits_of_its_own(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        page = visitor.do("/api-keys", {"name": "Slow", "perMinute": "7", "burst": "9"})
        key = mock.parts.keys.find(SECRET.findall(page.body.decode())[0].encode())
        assert key
        assert key.limits
        assert (key.limits.per_minute, key.limits.burst, key.limits.burst_window) == (
            7,
            9,
            contract().rate_limits.burst_window,
        )
        visitor.do(f"/api-keys/{key.id}", {"name": "Renamed", "scopes": ["lists.read"]})
        changed = mock.parts.keys.get(key.id)
        assert changed
        assert (changed.name, changed.scopes, changed.limits) == ("Renamed", ("lists.read",), None)

    @pytest.mark.parametrize(
        "fields", [{"name": ""}, {"name": "x", "expires": "soon"}, {"name": "x", "burst": "-1"}], ids=str
    )
    def test_what_is_no_key_is_said_beside_the_form(self, fields: Fields) -> None:
        answer = Visitor(MOCK).post("/api-keys", fields)
        assert answer.status == 400
        assert b'role="alert"' in answer.body

    def test_a_revoked_key_is_refused(self) -> None:
        mock = new_mock()
        assert Client(mock, FULL).get(ME).status == 200
        page = Visitor(mock).do(f"/api-keys/{FULL.id}/revoke", {"organization": FULL.organization_id})
        assert "revoked" in text(page)
        assert Client(mock, FULL).get(ME).status == 401

    def test_the_meters_move(self) -> None:
        mock = new_mock(rate_limited=True)
        for _ in range(3):
            Client(mock, FULL).get(ME)
        usage = {each["id"]: each for each in Visitor(mock).get("/api-keys/usage").json["data"]}
        assert usage[FULL.id]["window"] == {"used": 3, "most": contract().rate_limits.burst}

    def test_no_page_shows_a_key_of_the_start(self) -> None:
        mock = new_mock()
        Client(mock, FULL).get(f"{CONTACTS}?q={FULL.secret}")
        visitor = Visitor(mock)
        for path in (*PAGES, "/requests/1", "/recent", "/requests/rows"):
            page = visitor.get(path).body.decode()
            assert not [key for key in mock.parts.keys if key.secret in page], path


class TestWebhooks:
    def test_a_signing_secret_is_shown_once(self) -> None:
        visitor = Visitor(new_mock())
        page = visitor.do("/integrations/webhooks", {"url": "http://127.0.0.1:1/hook"})
        first = SECRET.findall(page.body.decode())[0]
        endpoint = visitor.mock.parts.webhooks.endpoints.__iter__().__next__()
        assert endpoint.secret == first
        page = visitor.do(f"/integrations/webhooks/{endpoint.id}/rotate")
        second = SECRET.findall(page.body.decode())[0]
        assert first != second
        for path in PAGES:
            body = visitor.get(path).body.decode()
            assert first not in body
            assert second not in body

    def test_an_endpoint_is_switched_off_and_removed(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        visitor.do("/integrations/webhooks", {"url": "http://127.0.0.1:1/hook"})
        (endpoint,) = mock.parts.webhooks.endpoints
        assert "disabled" in text(visitor.do(f"/integrations/webhooks/{endpoint.id}/enabled", {"enabled": "0"}))
        visitor.do(f"/integrations/webhooks/{endpoint.id}/remove")
        assert not list(mock.parts.webhooks.endpoints)

    def test_a_url_that_cannot_be_is_said(self) -> None:
        answer = Visitor(new_mock()).post("/integrations/webhooks", {"url": "ftp://x"})
        assert answer.status == 400
        assert "http" in text(answer)

    def test_the_debugger_marks_where_a_signature_differs(self) -> None:
        visitor = Visitor(new_mock())
        asked: Fields = {
            "secret": "whsec_abc",
            "body": "{}",
            "signature": f"t={START:.0f},v1={'0' * 64}",
        }
        answer = visitor.post("/integrations/webhooks/debugger", asked)
        page = answer.body.decode()
        assert f"{START:.0f}.{{}}" in text(answer)
        wanted = re.search(r'<mark class="good">(\w+)</mark>', page)
        given = re.search(r"<mark>(0+)</mark>", page)
        assert wanted
        assert given
        assert len(wanted[1]) == len(given[1])
        assert wanted[1][0] != given[1][0]
        assert "whsec_abc" not in page
        right = "0" * (64 - len(wanted[1])) + wanted[1]
        answer = visitor.post("/integrations/webhooks/debugger", {**asked, "signature": f"t={START:.0f},v1={right}"})
        assert "The signature is valid." in text(answer)

    def test_the_debugger_compares_with_the_form_that_was_given_though_another_begins_alike(self) -> None:
        secret, timestamp = "whsec_abc", f"{START:.0f}"
        # What is "d0" to "d3" in hex begins with "0" in base64, as the given signature does.
        body = next(text for text in map(str, range(10_000)) if digest(secret, timestamp, text.encode())[:2] == "d3")
        asked: Fields = {"secret": secret, "body": body, "signature": f"t={timestamp},v1={'0' * 64}"}
        page = Visitor(new_mock()).post("/integrations/webhooks/debugger", asked).body.decode()
        assert f'<mark class="good">{digest(secret, timestamp, body.encode())}</mark>' in page


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
            ("path=limit", 1),
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
        assert not len(mock.world.journal)


class TestData:
    HOSTILE = "<script>alert(1)</script>\u202e\x00" + "w" * 5_000

    def test_hostile_data_stays_text(self) -> None:
        mock = new_mock()
        tenant = mock.parts.tenants[FULL.organization_id]
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
        tenant = mock.parts.tenants[FULL.organization_id]
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

    def test_saving_what_is_shown_changes_nothing_but_the_time(self) -> None:
        mock = new_mock()
        tenant = mock.parts.tenants[FULL.organization_id]
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
        mock.parts.tenants[FULL.organization_id].add_contact(START, firstName="Findable")
        page = Visitor(mock).get("/data/contacts?q=findable").body.decode()
        assert len(re.findall(r">(con_\w+)</code>", page)) == 1


class TestOrganizations:
    def test_one_is_added_with_data_and_deleted(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        page = visitor.do("/organizations", {"name": "Third & <Sons>", "contacts": "7"})
        assert "Contacts 7" in text(page)
        *_, added = mock.parts.tenants.values()
        assert added.organization.name == "Third & <Sons>"
        assert "Third & <Sons>" in text(visitor.get())
        visitor.do(f"/organizations/{added.organization.id}/delete")
        assert added.organization.id not in mock.parts.tenants

    def test_one_without_a_name_is_not_added(self) -> None:
        assert b'role="alert"' in Visitor(MOCK).do("/organizations", {"name": ""}).body


class TestClockAndHardships:
    def test_the_clock_is_moved(self) -> None:
        mock = create_app(Settings(contacts=3))
        clock = mock.parts.clock
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
        mock.world.switch_on("x-marks", named("default-of-49"), Condition())
        page = text(Visitor(mock).get())
        assert "DefaultOf49" in page
        assert "x-marks" in page

    def test_a_reset_begins_again(self) -> None:
        mock = new_mock()
        mock.parts.tenants[FULL.organization_id].add_contact(START, firstName="Late")
        Visitor(mock).do("/hardships/reset")
        assert len(mock.parts.tenants[FULL.organization_id].contacts) == 60


def test_a_world_has_a_console_of_its_own() -> None:
    mock = new_mock()
    world_id, world = mock.worlds.add()
    visitor = Visitor(mock, base=f"/_worlds/{world_id}")
    assert f'href="/_worlds/{world_id}/admin/clock"' in visitor.get().body.decode()
    visitor.do("/clock", {"advance": "60"})
    assert world.parts.clock.now() == START + 60
    assert mock.parts.clock.now() == START


def test_it_is_imported_when_it_is_asked_for() -> None:
    mock = new_mock()
    assert "_console" not in vars(mock)
    Client(mock, FULL).get("/administrators")
    assert "_console" not in vars(mock)
    Visitor(mock).get(host=HOST)
    assert "_console" in vars(mock)


@pytest.mark.parametrize(
    "target",
    [
        "/admin/requests/rows?after=" + "9" * 5_000,
        "/admin/requests/rows?after=%D9%A3",
        "/admin/requests?status=%00&path=%FF",
        "/admin/data/contacts?cursor=%00&q=%ED%A0%80",
        "/admin/data/contacts?organization=%00",
        "/admin/data/nothing",
        "/admin/data/contacts/%00%FF",
        "/admin/data/contacts/%2e%2e%2f%3f",
        "/admin/integrations/webhooks/debugger?delivery=x&attempt=" + "9" * 5_000,
        "/admin/hardships?pick=%3Cscript%3E",
        "/admin/%00",
        "/admin//",
        "/admin/static/%2e%2e/%2e%2e/app.py",
        "/admin?" + "&".join(f"a{number}=" for number in range(900)),
    ],
    ids=lambda target: target[:60],
)
def test_no_address_makes_it_fail(target: str) -> None:
    visitor = Visitor(MOCK)
    assert visitor.send("GET", target, b"").status in (200, 303, 400, 404)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/clock", {"advance": "inf"}),
        ("/clock", {"advance": "nan"}),
        ("/clock", {"advance": "-1"}),
        ("/clock", {"set": "yesterday\x00"}),
        ("/api-keys", {"name": "x\x00", "expires": "1e999"}),
        ("/api-keys", {"name": "x", "scopes": ["everything"]}),
        ("/api-keys", {"name": "x", "organization": FULL.organization_id, "perMinute": "1e308"}),
        ("/api-keys/key_unknown/revoke", {}),
        ("/api-keys/%3fx/delete", {}),
        ("/integrations/webhooks", {"url": "http://10.0.0.1:99999/"}),
        ("/integrations/webhooks/whk_unknown/remove", {}),
        ("/integrations/webhooks/events", {"eventType": "nonsense"}),
        ("/integrations/webhooks/deliveries/dlv_unknown/redeliver", {}),
        ("/integrations/webhooks/debugger", {"secret": "x", "body": "\ud7ff\x00", "signature": "v1=\x00"}),
        ("/hardships", {"name": "latency", "requests": "nan"}),
        ("/hardships", {"name": "latency", "requests": "inf"}),
        ("/hardships", {"name": "latency", "parameter.seconds": "1e999"}),
        ("/hardships/activity", {"rate": "nan"}),
        ("/hardships/swt_unknown/off", {}),
    ],
    ids=str,
)
def test_no_form_makes_it_fail(path: str, fields: Fields) -> None:
    visitor = Visitor(MOCK)
    sent = visitor.post(path, fields)
    page = visitor.send("GET", sent.headers["location"], b"") if sent.status == 303 else sent
    assert page.status in (200, 400, 404)
    assert b'role="alert"' in page.body or b"<h1>404</h1>" in page.body or b'id="result"' in page.body

"""API keys and webhook endpoints in the console: minted, limited, revoked, debugged, their secrets shown once."""

from __future__ import annotations

import re

import pytest

from mockserver.app import Mock
from mockserver.webhooks.delivery import Delivery, DeliveryAttempt
from mockserver.webhooks.sending import Outgoing
from mockserver.webhooks.signing import HEADER, digest
from spec import contract
from tests.support.console_client import CONTACTS, ME, PAGES, Fields, Visitor, shown_secret, text
from tests.support.mock_client import FULL, MOCK, START, Client, new_mock


def delivered(mock: Mock, delivery_id: str, body: bytes) -> Delivery:
    """A delivery in the log, with one attempt that has a good signature and no answer."""
    endpoints = list(mock.state.webhooks.endpoints)
    endpoint = endpoints[0] if endpoints else mock.state.webhooks.register(FULL.organization_id, "http://127.0.0.1:1/")
    delivery = Delivery(delivery_id, endpoint.id, FULL.organization_id, {"id": "evt_1", "eventType": "x"}, START)
    signature = f"t={START:.0f},v1={digest(endpoint.secret, f'{START:.0f}', body)}"
    sent = Outgoing("POST", endpoint.url, {HEADER: signature}, body)
    delivery.add_attempt(DeliveryAttempt(START, sent, 0.0, error="nobody listened"))
    mock.state.webhooks.log.append(delivery)
    return delivery


class TestKeys:
    def test_a_minted_secret_is_shown_once(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        sent = visitor.post("/api-keys", {"name": "Mine", "scopes": ["contacts.read"], "expires": "2", "unit": "hours"})
        page = visitor.send("GET", sent.headers["location"], b"")
        secret = shown_secret(page)
        key = mock.state.keys.find(secret.encode())
        assert key
        assert (key.name, key.scopes, key.expires_at) == ("Mine", ("contacts.read",), START + 7_200)
        for path in (sent.headers["location"].removeprefix("/admin"), *PAGES):
            assert secret.encode() not in visitor.get(path).body
        assert key.prefix in text(visitor.get("/api-keys"))

    def test_another_process_of_the_mock_can_show_it(self) -> None:
        visitor = Visitor(new_mock())
        sent = visitor.post("/api-keys", {"name": "Mine"})
        beside = Visitor(new_mock(), cookies=visitor.cookies)
        assert "The key Mine is minted." in text(beside.send("GET", sent.headers["location"], b""))
        assert "The key Mine is minted." not in text(beside.send("GET", sent.headers["location"], b""))

    @pytest.mark.parametrize("cookie", ["x", "####", "e30=", "W10="])
    def test_a_cookie_that_holds_no_notice_is_none(self, cookie: str) -> None:
        page = Visitor(MOCK, cookies={"outbound_notice_8080": cookie}).get("/api-keys")
        assert (page.status, b'class="notice' in page.body) == (200, False)

    def test_a_key_has_limits_of_its_own(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        page = visitor.do("/api-keys", {"name": "Slow", "perMinute": "7", "burst": "9"})
        key = mock.state.keys.find(shown_secret(page).encode())
        assert key
        assert key.limits
        assert (key.limits.per_minute, key.limits.burst, key.limits.burst_window) == (
            7,
            9,
            contract().rate_limits.burst_window,
        )
        visitor.do(f"/api-keys/{key.id}", {"name": "Renamed", "scopes": ["lists.read"]})
        changed = mock.state.keys.get(key.id)
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

    def test_only_the_overview_shows_a_key_of_the_start_the_one_to_try(self) -> None:
        mock = new_mock()
        Client(mock, FULL).get(f"{CONTACTS}?q={FULL.secret}")
        visitor = Visitor(mock)
        for path in (*PAGES, "/requests/1", "/recent", "/requests/rows"):
            page = visitor.get(path).body.decode()
            assert [key for key in mock.state.keys if key.secret in page] == ([FULL] if path == "" else []), path


class TestWebhooks:
    def test_a_signing_secret_is_shown_once(self) -> None:
        visitor = Visitor(new_mock())
        page = visitor.do("/integrations/webhooks", {"url": "http://127.0.0.1:1/hook"})
        first = shown_secret(page)
        endpoint = visitor.mock.state.webhooks.endpoints.__iter__().__next__()
        assert endpoint.secret == first
        page = visitor.do(f"/integrations/webhooks/{endpoint.id}/rotate")
        second = shown_secret(page)
        assert first != second
        for path in PAGES:
            body = visitor.get(path).body.decode()
            assert first not in body
            assert second not in body

    def test_an_endpoint_is_switched_off_and_removed(self) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        visitor.do("/integrations/webhooks", {"url": "http://127.0.0.1:1/hook"})
        (endpoint,) = mock.state.webhooks.endpoints
        assert "disabled" in text(visitor.do(f"/integrations/webhooks/{endpoint.id}/enabled", {"enabled": "0"}))
        visitor.do(f"/integrations/webhooks/{endpoint.id}/remove")
        assert not list(mock.state.webhooks.endpoints)

    def test_a_url_that_cannot_be_is_said(self) -> None:
        answer = Visitor(new_mock()).post("/integrations/webhooks", {"url": "ftp://127.0.0.1/x"})
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

    def test_the_debugger_explains_the_signature_of_an_attempt(self) -> None:
        visitor = Visitor(new_mock())
        delivery = delivered(visitor.mock, "dlv_1", b"{}")
        page = visitor.get(f"/integrations/webhooks/debugger?delivery={delivery.id}&attempt=1")
        assert "empty: that of attempt 1" in text(page)
        fields: Fields = {"endpoint": delivery.endpoint_id, "delivery": delivery.id, "attempt": "1", "body": "{}"}
        assert "The signature is valid." in text(visitor.post("/integrations/webhooks/debugger", fields))
        assert visitor.post("/integrations/webhooks/debugger", {**fields, "attempt": "2"}).status == 404

    def test_the_list_of_deliveries_says_what_was_done_to_them(self) -> None:
        visitor = Visitor(new_mock())
        delivered(visitor.mock, "dlv_1", b"{}")
        delivered(visitor.mock, "dlv_2", b"{}")
        again, first = re.findall(r'class="why">(.*?)</span>\n', visitor.get("/integrations/webhooks").body.decode())
        assert (">duplicate<" in first, ">duplicate<" in again) == (False, True)

    def test_the_debugger_compares_with_the_form_that_was_given_though_another_begins_alike(self) -> None:
        secret, timestamp = "whsec_abc", f"{START:.0f}"
        # A signature that begins with "d0" to "d3" in hex begins with "0" in base64, like the given signature.
        body = next(text for text in map(str, range(10_000)) if digest(secret, timestamp, text.encode())[:2] == "d3")
        asked: Fields = {"secret": secret, "body": body, "signature": f"t={timestamp},v1={'0' * 64}"}
        page = Visitor(new_mock()).post("/integrations/webhooks/debugger", asked).body.decode()
        assert f'<mark class="good">{digest(secret, timestamp, body.encode())}</mark>' in page

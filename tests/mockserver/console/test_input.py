"""The console does not fail, whatever address or form a client sends."""

from __future__ import annotations

import pytest

from tests.support.console_client import Fields, Visitor
from tests.support.mock_client import FULL, MOCK


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

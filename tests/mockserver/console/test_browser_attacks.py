"""Other sites cannot use a browser to change a mock on the same machine, and stored data cannot attack the console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from mockserver.app import Settings
from tests.support import patient_http
from tests.support.browser import opened, served
from tests.support.console_client import PAGES
from tests.support.http_server import Handler, handled_by

PATIENCE = 60_000.0
OTHERS = ("evil.example", "localhost")
"""Hosts of attacking pages: another site, which the browser resolves to this machine, and another port of this machine."""

PAGES_OF_OTHERS = {
    "a form": """<form method=post action="MOCK/admin/clock"><input name=advance value=86400></form>
        <script>document.forms[0].submit()</script>""",
    "a form in a frame": """<iframe name=f></iframe><form method=post target=f action="MOCK/admin/hardships/reset"></form>
        <script>document.forms[0].submit()</script>""",
    "JSON in a form": """<form method=post enctype=text/plain action="MOCK/_mock/clock">
        <input name='{"advance": 86400, "x": "' value='"}'></form><script>document.forms[0].submit()</script>""",
    "a request that does not ask first": """<script>
        fetch("MOCK/_mock/clock", {method: "POST", mode: "no-cors", body: '{"advance": 86400}'})</script>""",
    "a request that asks first": """<script>fetch("MOCK/_mock/clock",
        {method: "POST", headers: {"content-type": "application/json"}, body: '{"advance": 86400}'})</script>""",
    "a beacon": """<script>navigator.sendBeacon("MOCK/_mock/clock", '{"advance": 86400}')</script>""",
    "a picture": """<img src="MOCK/admin/hardships/reset">""",
}

PAYLOAD = "\"'></title></textarea><img src=//evil.example/x onerror=alert(1)><script>alert(2)</script>{{7*7}}\u202e"


class Hostile(Handler):
    """Serves one page, in which MOCK is the address of the mock."""

    page = ""

    def answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.finish_with(self.page.encode())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened(PATIENCE, "--host-resolver-rules=MAP *.example 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with closing(browser.new_context()) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """The address of a mock whose clock stands still, with a contact that a reset would remove."""
    with served(Settings(contacts=3)) as (mock, address):
        patient_http.post(f"{address}/_mock/clock", json={"freeze": True})
        next(iter(mock.state.tenants.values())).add_contact(0, firstName="Late")
        yield address


def state_of(address: str) -> Any:
    """The mock's state, as it exports it."""
    return patient_http.get(f"{address}/_mock/state").json()


@pytest.mark.parametrize("host", OTHERS)
@pytest.mark.parametrize("kind", PAGES_OF_OTHERS)
def test_a_page_of_another_site_changes_nothing(kind: str, host: str, page: Page, mock: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = state_of(mock)
    Hostile.page = PAGES_OF_OTHERS[kind].replace("MOCK", mock)
    with handled_by(Hostile) as address:
        page.goto(address.replace("127.0.0.1", host))
        page.wait_for_load_state("networkidle")
    assert any(url.startswith(mock) for url in asked), "the page has not attacked"
    assert state_of(mock) == before


@pytest.mark.parametrize("path", ["/admin", "/admin/api-keys", "/_mock/keys", "/_mock/state"])
def test_a_name_that_another_site_lets_lead_here_shows_nothing(path: str, page: Page, mock: str) -> None:
    answer = page.goto(f"{mock.replace('127.0.0.1', 'rebound.example')}{path}")
    assert answer is not None
    assert (answer.status, "obk_live_" in page.content()) == (403, False)


def test_a_script_of_such_a_name_can_call_nothing(page: Page, mock: str) -> None:
    page.goto(f"{mock.replace('127.0.0.1', 'rebound.example')}/api-docs/openapi.json")
    call = """() => fetch("/_mock/clock", {method: "POST", headers: {"content-type": "application/json"},
        body: '{"advance": 86400}'}).then((answer) => answer.status)"""
    assert page.evaluate(call) == 403


@pytest.mark.parametrize("path", ["/admin", "/admin/login", "/admin/api-keys"])
def test_no_other_site_can_put_a_page_into_a_frame(path: str, page: Page, mock: str) -> None:
    Hostile.page = f'<iframe src="{mock}{path}"></iframe>'
    with handled_by(Hostile) as address:
        with page.expect_event("framenavigated", lambda frame: frame.url.startswith("chrome-error:")):
            page.goto(address.replace("127.0.0.1", "evil.example"))
        assert len(page.frames) == 2


def spoiled(address: str) -> int:
    """Put the payload into every stored text that accepts it. Returns how many do."""
    state, taken = state_of(address), 0
    for path in list(texts(state)):
        tried = deepcopy(state)
        holder = tried
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] += PAYLOAD
        if patient_http.request("PUT", f"{address}/_mock/state", json=tried).is_success:
            state, taken = tried, taken + 1
    return taken


def texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of the texts in a JSON value; in a list, only those in its first item."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for name in value:
            yield from texts(value[name], (*path, name))
    elif isinstance(value, list) and value:
        yield from texts(value[0], (*path, 0))


def test_a_payload_in_every_stored_text_and_in_a_request_does_not_run(page: Page) -> None:
    wrong: list[str] = []
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda request: wrong.append(request.url) if "evil.example/" in request.url else None)
    with served(Settings(contacts=1, organizations=1)) as (_, address):
        assert spoiled(address) > 20
        patient_http.get(f"{address}/api/v1/contacts", params={"q": PAYLOAD}, headers={"User-Agent": ascii(PAYLOAD)})
        details = ["/requests/1"]
        (tenant,) = state_of(address)["organizations"]
        for collection in ("contacts", "lists", "drafts", "events"):
            details += [f"/data/{collection}/{each['id']}" for each in tenant[collection][:1]]
        for path in (*PAGES, *details):
            page.goto(f"{address}/admin{path}")
            assert wrong == [], path

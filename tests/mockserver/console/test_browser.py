"""The console in a browser, as a person uses it: at a desk, on a narrow screen, with the keyboard alone, with hostile data."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mockserver.app import Mock
from spec import contract
from tests.support import patient_http
from tests.support.browser import opened, served
from tests.support.console_client import CONTACTS, ME, PAGES

PATIENCE = 60_000.0
"""Milliseconds after which what does not come has not come."""


@dataclass
class Console:
    """A page of a browser that looks at the console of a mock, and what went wrong in it."""

    page: Page
    mock: Mock
    address: str
    wrong: list[str] = field(default_factory=list)

    @property
    def organization(self) -> str:
        return next(iter(self.mock.state.tenants))

    def visit(self, path: str = "") -> None:
        self.page.goto(f"{self.address}/admin{path}")

    def watch(self) -> None:
        """Note errors, warnings, and requests that would leave the mock."""
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "request",
            lambda request: None if request.url.startswith(self.address) else self.wrong.append(request.url),
        )
        self.page.on("dialog", lambda dialog: self.wrong.append(f"a dialog: {dialog.message}"))

    def ask(self, path: str, secret: str) -> httpx.Response:
        return patient_http.get(f"{self.address}{path}", headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened(PATIENCE) as browser:
        yield browser


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Mock, str]]:
    with served() as running:
        yield running


@pytest.fixture
def console(browser: Browser, running: tuple[Mock, str]) -> Iterator[Console]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    console = Console(context.new_page(), *running)
    console.watch()
    yield console
    context.close()
    assert console.wrong == []


@pytest.fixture
def receiver() -> Iterator[str]:
    """An endpoint that takes whatever comes."""

    class Taken(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"thank you")

        def log_message(self, *arguments: object) -> None:
            """Nothing is printed."""

    server = HTTPServer(("127.0.0.1", 0), Taken)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


def minted(page: Page, name: str) -> str:
    """Mint a key on the page of keys; the secret that is shown."""
    page.get_by_text("Mint a key").click()
    page.get_by_label("Name", exact=False).first.fill(name)
    page.get_by_role("button", name="Mint", exact=True).click()
    return page.locator("#secret").inner_text()


def card(page: Page, name: str) -> Locator:
    """The card of a key."""
    return page.locator("li.key", has_text=name)


def test_a_key_is_minted_copied_used_and_revoked(console: Console) -> None:
    page = console.page
    console.visit("/api-keys")
    secret = minted(page, "From the browser")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret

    for _ in range(3):
        assert console.ask(ME, secret).status_code == 200
    meter = card(page, "From the browser").get_by_role("meter", name="30 s window")
    expect(meter).to_have_attribute("aria-valuetext", f"3 of {contract().rate_limits.burst} used")

    card(page, "From the browser").get_by_text("Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_role("status").first).to_contain_text("revoked")
    assert console.ask(ME, secret).status_code == 401


def test_a_secret_is_gone_after_reload_and_after_going_back(console: Console) -> None:
    page = console.page
    console.visit("/api-keys")
    secret = minted(page, "Once")
    page.get_by_role("link", name="Clock").click()
    page.go_back()
    expect(page.get_by_role("heading", name="API keys")).to_be_visible()
    assert secret not in page.content()
    page.reload()
    assert secret not in page.content()
    page.go_forward()
    page.go_back()
    assert secret not in page.content()


def test_a_key_is_minted_with_the_keyboard_alone(console: Console) -> None:
    page = console.page
    console.visit()
    keyboard = page.keyboard
    keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    keyboard.press("g")
    keyboard.press("k")
    page.wait_for_url("**/admin/api-keys")
    keyboard.press("Tab")
    keyboard.press("Enter")
    for _ in range(30):
        keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus is not seen"
    keyboard.press("Enter")
    keyboard.press("Tab")
    keyboard.type("By keyboard ?g")
    keyboard.press("Tab")
    keyboard.press("Space")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_visible()
    key = next(key for key in console.mock.state.keys if key.name == "By keyboard ?g")
    assert len(key.scopes) == len(contract().scopes) - 1


def test_hostile_data_does_not_run(console: Console) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'\u202e\x00" + "w" * 3_000
    tenant = console.mock.state.tenants[console.organization]
    now = console.mock.state.clock.now()
    contact = tenant.add_contact(now, firstName=attack, companyName=attack, email=attack)
    secret = next(key.secret for key in console.mock.state.keys if key.kind == "primary")
    console.ask(f"{CONTACTS}?q=<script>alert(3)</script>&limit=0", secret)
    for path in ("/data/contacts", f"/data/contacts/{contact['id']}", "/requests", ""):
        console.visit(path)
        console.page.set_viewport_size({"width": 390, "height": 800})
        assert console.page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert "alert" in console.page.content() or not path
        console.page.set_viewport_size({"width": 1280, "height": 900})
    console.visit(f"/data/contacts/{contact['id']}")
    console.page.get_by_role("button", name="Save the JSON").click()
    expect(console.page.get_by_role("status").first).to_contain_text("Saved")
    tenant.contacts.remove(contact["id"])


def test_a_webhook_is_registered_delivered_to_and_debugged(console: Console, receiver: str) -> None:
    page = console.page
    console.visit("/integrations/webhooks")
    page.get_by_label("URL").fill(receiver)
    page.get_by_role("button", name="Register", exact=True).click()
    secret = page.locator("#secret").inner_text()
    assert secret.startswith("whsec_")
    page.get_by_role("button", name="Send it").click()
    delivery = page.locator(".deliveries .entry").first
    expect(delivery).to_contain_text("delivered")
    delivery.get_by_role("link").click()
    expect(page.locator(".attempt")).to_contain_text("thank you")
    page.get_by_role("button", name="Send tampered").click()
    expect(page.get_by_role("heading", name="Attempt 2")).to_be_visible()

    page.get_by_role("link", name="Debug its signature").first.click()
    page.get_by_label("X-Outbound-Signature").fill("v1=" + "0" * 64)
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#result")).to_contain_text("not valid")
    assert page.locator("#signed-bytes").inner_text().count('."') == 0
    right = page.locator("dd:has(> mark.good)").inner_text()
    assert re.fullmatch("[0-9a-f]{64}", right)
    page.get_by_label("X-Outbound-Signature").fill(f"v1={right}")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#result")).to_contain_text("The signature is valid")
    assert secret not in page.content()


def test_the_log_shows_a_refusal_and_its_reason_as_it_happens(console: Console) -> None:
    page = console.page
    console.visit("/requests")
    secret = next(
        key.secret for key in console.mock.state.keys if key.kind == "single_scope" and "lists.read" in key.scopes
    )
    assert console.ask(f"{CONTACTS}?live=1", secret).status_code == 403
    first = page.locator(".log .entry").first
    expect(first).to_contain_text("insufficient-scope")
    expect(first).to_contain_text("contacts.read")
    expect(page.locator("[data-log-said]")).to_contain_text("403")
    page.get_by_role("button", name="Live").click()
    console.ask(ME, secret)
    expect(page.get_by_role("button", name="Paused")).to_be_visible()
    first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Request", exact=True)).to_be_visible()
    assert secret not in page.content()


def test_a_hardship_is_switched_on_for_the_next_request(console: Console) -> None:
    page = console.page
    console.visit("/hardships")
    page.get_by_role("link", name="server-errors", exact=True).click()
    page.get_by_label("probability").fill("1")
    form = page.get_by_role("region", name="server-errors")
    form.get_by_label("Next requests").fill("1")
    form.get_by_role("button", name="Switch on").click()
    secret = next(key.secret for key in console.mock.state.keys if key.kind == "spare")
    assert console.ask(ME, secret).status_code >= 500
    assert console.ask(ME, secret).status_code == 200
    page.get_by_role("button", name="Switch off", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("off")


def test_the_form_of_a_key_covers_no_other_key_on_a_narrow_screen(console: Console) -> None:
    console.page.set_viewport_size({"width": 390, "height": 800})
    console.visit("/api-keys")
    first, second = (console.page.locator(".key").nth(number) for number in range(2))
    first.locator("summary", has_text="Change").click()
    form, other = first.get_by_label("Burst window").bounding_box(), second.bounding_box()
    assert form is not None
    assert other is not None
    assert form["y"] + form["height"] <= other["y"]


def test_every_page_fits_a_narrow_screen_and_keeps_to_itself(console: Console) -> None:
    secret = next(key.secret for key in console.mock.state.keys if key.kind == "spare")
    console.ask(f"{CONTACTS}?cursor={'x' * 500}", secret)
    number = list(console.mock.world.request_log)[-1].number
    console.page.set_viewport_size({"width": 390, "height": 800})
    for path in (*PAGES, f"/requests/{number}"):
        console.visit(path)
        console.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert console.page.evaluate("document.documentElement.scrollWidth") <= 390, path
        unnamed = console.page.locator("input:not([type=hidden]), select, textarea").evaluate_all(
            "fields => fields.filter((field) => !field.labels.length && !field.ariaLabel).map((field) => field.name)"
        )
        assert unnamed == [], path


def test_shortcuts_are_listed(console: Console) -> None:
    console.visit()
    console.page.keyboard.press("?")
    expect(console.page.get_by_role("dialog")).to_contain_text("Webhooks")
    console.page.keyboard.press("Escape")
    expect(console.page.get_by_role("dialog")).to_be_hidden()


def test_pages_work_without_scripts(browser: Browser, running: tuple[Mock, str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{running[1]}/admin/api-keys")
    secret = minted(page, "Without scripts")
    page.reload()
    assert secret not in page.content()
    assert running[0].state.keys.find(secret.encode())
    context.close()

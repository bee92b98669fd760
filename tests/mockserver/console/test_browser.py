"""Keys and webhooks in the console, used in a browser with the mouse, or with only the keyboard."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Locator, Page, expect

from spec import contract
from tests.support.console_browser import Console, minted
from tests.support.console_client import ME


@pytest.fixture
def receiver() -> Iterator[str]:
    """An endpoint that accepts every request."""

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


def card(page: Page, name: str) -> Locator:
    """The part of the page that shows a key."""
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
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus is not visible"
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

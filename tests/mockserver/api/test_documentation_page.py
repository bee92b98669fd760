"""The page that documents the API, in a browser: it presents a key, names this mock, has light and dark colours, leads back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mockserver.app import Settings
from tests.support import patient_http
from tests.support.browser import opened, served

PATIENCE = 60_000.0
"""Milliseconds after which a test stops waiting for something that must not come."""


@pytest.fixture(scope="module")
def shared() -> Iterator[BrowserContext]:
    """What the tests' pages share: the browser has to load and compile the page's large script only once."""
    with opened(PATIENCE) as browser:
        yield browser.new_context()


@pytest.fixture
def browser(shared: BrowserContext) -> Iterator[BrowserContext]:
    """The browser. A test's pages are closed after it, for an open page goes on working."""
    yield shared
    for page in shared.pages:
        page.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as (_, address):
        yield address


def visit(browser: BrowserContext, address: str, mode: Literal["light", "dark"] = "light") -> tuple[Page, list[str]]:
    """The page, and its problems: errors, and requests to other hosts than the mock."""
    page = browser.new_page()
    page.emulate_media(color_scheme=mode)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(address) else wrong.append(asked.url))
    page.goto(f"{address}/api-docs")
    return page, wrong


def test_a_list_can_be_asked_for_at_once(browser: BrowserContext, address: str) -> None:
    page, wrong = visit(browser, address)
    expect(page.locator("#key")).to_contain_text("Requests from this page present the key")
    page.locator("#operations-Contacts-listContacts .opblock-summary-control").click()
    page.locator("#operations-Contacts-listContacts .execute").click()
    expect(page.locator(".curl-command")).to_contain_text(f"{address}/api/v1/contacts")
    expect(page.locator(".live-responses-table .response .response-col_status")).to_contain_text("200")
    expect(page.locator(".live-responses-table")).to_contain_text("qualificationStatus")
    assert wrong == []


def test_the_command_of_the_guide_asks_the_mock(browser: BrowserContext, address: str) -> None:
    page, _ = visit(browser, address)
    expect(page.locator(".opblock-tag").first).to_contain_text(f"curl {address}/api/v1/me")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_page_has_the_colours_that_are_wanted(
    browser: BrowserContext, address: str, mode: Literal["light", "dark"]
) -> None:
    page, wrong = visit(browser, address, mode)
    expect(page.locator(".opblock-tag").first).to_be_visible()
    assert ("dark-mode" in (page.locator("html").get_attribute("class") or "")) == (mode == "dark")
    assert wrong == []


def test_it_leads_back_to_the_console(browser: BrowserContext, address: str) -> None:
    page, _ = visit(browser, address)
    page.get_by_role("link", name="Console").click()
    page.wait_for_url(f"{address}/admin")


def test_who_has_not_logged_in_is_shown_no_key(browser: BrowserContext) -> None:
    with served(Settings(contacts=5), "sesame") as (_, address):
        page, _ = visit(browser, address)
        expect(page.locator(".opblock-tag").first).to_be_visible()
        assert page.locator("#key").is_hidden()
        answer = patient_http.get(f"{address}/admin/key")
        assert "obk_" not in answer.text


def test_the_key_is_not_to_be_stored(address: str) -> None:
    answer = patient_http.get(f"{address}/admin/key")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    secret = answer.json()["secret"]
    me = patient_http.get(f"{address}/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert me.status_code == 200

"""A browser, a mock, and a page that shows its console, for the tests in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from mockserver.app import Mock
from tests.support.browser import opened, served
from tests.support.console_browser import PATIENCE, Console


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

"""The console of a mock in a browser: a page that notes what goes wrong in it, and how a key is minted there."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
from playwright.sync_api import Page

from mockserver.app import Mock
from tests.support import patient_http

PATIENCE = 60_000.0
"""Milliseconds to wait for something on a page before the test fails."""


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


def minted(page: Page, name: str) -> str:
    """Mint a key on the page of keys. Returns the secret that is shown."""
    page.get_by_text("Mint a key").click()
    page.get_by_label("Name", exact=False).first.fill(name)
    page.get_by_role("button", name="Mint", exact=True).click()
    return page.locator("#secret").inner_text()

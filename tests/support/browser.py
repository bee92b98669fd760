"""A browser, which is the Chromium of the machine or the one that Playwright keeps, and a mock for it to look at."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from mockserver.app import Mock, Settings, create_app
from mockserver.server.uvicorn_server import PromptServer, base_url, listen

# The one without windows takes half of the others' time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def executable(playwright: Playwright) -> str | None:
    """The path of a browser; None if there is none."""
    own = playwright.chromium.executable_path
    found = (path for name in NAMES if (path := shutil.which(name)))
    return next(found, own if Path(own).exists() else None)


def launched(playwright: Playwright, path: str, *options: str) -> Browser:
    """The browser, started with some options. Root may not have its sandbox; nothing here is drawn by a graphics card."""
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=["--disable-gpu", *as_root, *options])


@contextmanager
def opened(patience: float, *options: str) -> Iterator[Browser]:
    """A browser with some options, whose expectations wait for `patience` milliseconds. Skips the tests if there is none."""
    expect.set_options(timeout=patience)
    with sync_playwright() as playwright:
        path = executable(playwright)
        if path is None:
            pytest.skip("there is no Chromium on this machine")
        browser = launched(playwright, path, *options)
        yield browser
        browser.close()


@contextmanager
def served(settings: Settings | None = None, control_token: str | None = None) -> Iterator[tuple[Mock, str]]:
    """A mock that listens in a thread of this process, and its address."""
    mock = create_app(settings or Settings(contacts=120), control_token=control_token)
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        mock, log_config=None, log_level="critical", lifespan="on", ws="none", timeout_graceful_shutdown=1
    )
    server = PromptServer(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield mock, base_url(listener)
    finally:
        server.end()
        thread.join(10)
        listener.close()

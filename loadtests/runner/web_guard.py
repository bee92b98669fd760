"""Locust's web page begins and stops load: it answers this machine's browsers alone, and no form or script of another site."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request

from conformance.target.proxies import is_loopback

_ANYWHERE = ("", "*", "0.0.0.0", "::")  # noqa: S104 - what is compared with, not bound to
_OWN_SITE = ("same-origin", "none")
_REFUSED = "This page is for browsers on this machine alone.\n"


def guard(web_ui: Any, report: str | None) -> None:
    """Have Locust's page refuse foreign requests with 403, and serve the last run's report at `/load.html`."""
    app: Flask = web_ui.app
    app.before_request(lambda: _refusal(web_ui.host))
    app.after_request(_closed)
    app.add_url_rule("/load.html", "last_report", lambda: _page(report))


def is_foreign(host: str, listens: str, path: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a request may come from a page of another site, or was led here by another site's name (DNS rebinding).

    `host` is the Host header, `listens` the address that Locust was told to listen on, `fetch_site` Sec-Fetch-Site. To follow
    a link to the page itself is allowed.
    """
    name = urlsplit(f"//{host}").hostname or ""
    if listens not in _ANYWHERE and name != listens and not is_loopback(name):
        return True
    if origin is not None and urlsplit(origin).netloc != host:
        return True
    return fetch_site is not None and fetch_site not in _OWN_SITE and path != "/"


def _refusal(listens: str) -> tuple[str, int] | None:
    headers = request.headers
    foreign = is_foreign(
        headers.get("Host", ""), listens, request.path, headers.get("Origin"), headers.get("Sec-Fetch-Site")
    )
    return (_REFUSED, 403) if foreign else None


def _closed(response: Response) -> Response:
    """Let no other site read an answer, or frame the page."""
    response.headers.pop("Access-Control-Allow-Origin", None)
    response.headers["X-Frame-Options"] = "DENY"
    return response


def _page(report: str | None) -> str | tuple[str, int]:
    page = Path(report) / "load.html" if report else None
    if page is None or not page.exists():
        return ("No report: none was asked for with --report, or no run has ended.\n", 404)
    return page.read_text("utf-8")

"""The documentation for clients: the OpenAPI 3.1 document, and a page that renders it without leaving the host."""

from __future__ import annotations

import gzip
from functools import cache
from html import escape
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mockserver.api import paths, problems
from mockserver.api.response import Header, Response, json_answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.pipeline import Pipeline
    from spec import OpenApi

PAGE = "/api-docs"
DOCUMENT = "/api-docs/openapi.json"
ASSETS = {
    "swagger-ui.css": b"text/css; charset=utf-8",
    "swagger-ui-bundle.js": b"text/javascript; charset=utf-8",
    "favicon-32x32.png": b"image/png",
}

# The policy makes the browser refuse requests to other hosts. Swagger UI uses style attributes, and images as data: URIs.
_POLICY: Header = (
    b"content-security-policy",
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
)

_FOLDER = files(__package__).joinpath("documentation_page")
_OWN = {"page.js": b"text/javascript; charset=utf-8", "page.css": b"text/css; charset=utf-8"}


class Documentation:
    """Answers `/api-docs` and the paths below it, and passes every other path to `app`."""

    def __init__(self, pipeline: Pipeline, app: ASGIApp) -> None:
        self._pipeline = pipeline
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        answer = self._answer(scope) if scope["path"].startswith(PAGE) else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        path = scope["path"].rstrip("/")
        name = path.removeprefix(f"{PAGE}/")
        if path not in (PAGE, DOCUMENT) and name not in (*_OWN, *ASSETS):
            return None
        if scope["method"] not in ("GET", "HEAD"):
            return self._pipeline.problem(problems.method_not_allowed("GET, HEAD"), scope)
        if path == DOCUMENT:
            return json_answer(published(self._pipeline.document, paths.base_url(scope)))
        if path == PAGE:
            # Links are relative, so that they work in a world and behind a proxy that removes a prefix.
            folder, up = (".", "..") if scope["path"].endswith("/") else (PAGE.lstrip("/"), ".")
            page = _page(self._pipeline.document).replace("{folder}", folder).replace("{up}", up)
            return Response(200, b"text/html; charset=utf-8", page.encode(), (_POLICY,))
        return _own(name) if name in _OWN else _asset(name)


def _page(document: OpenApi) -> str:
    """The page, with a link to each section that has operations."""
    used = {
        operation["tags"][0]
        for path in document["paths"].values()
        for operation in path.values()
        if "tags" in operation
    }
    links = [
        f'<a href="#/{quote(tag["name"])}">{escape(tag["name"])}</a>' for tag in document["tags"] if tag["name"] in used
    ]
    return _FOLDER.joinpath("page.html").read_text("utf-8").replace("{operations}", " ".join(links))


def _own(name: str) -> Response:
    return Response(200, _OWN[name], _FOLDER.joinpath(name).read_bytes())


def published(document: OpenApi, base_url: str) -> dict[str, object]:
    """The document as clients get it. Its first server is the address of the request, so that the page can try operations."""
    own = {"url": base_url, "description": "This mock"}
    return {**document, "servers": [own, *document.get("servers", ())]}


@cache
def _asset(name: str) -> Response:
    # A wheel has the compressed files of Swagger UI next to this module (setup.py). A checkout has the package with them.
    packaged = files(__package__).joinpath("swagger_ui", f"{name}.gz")
    content = (
        gzip.decompress(packaged.read_bytes()) if packaged.is_file() else _swagger_ui().joinpath(name).read_bytes()
    )
    return Response(200, ASSETS[name], content, ((b"cache-control", b"public, max-age=86400"),))


def _swagger_ui() -> Path:
    folder: Path = import_module("swagger_ui_bundle").swagger_ui_path
    return Path(folder)

"""The documentation for clients: the OpenAPI 3.1 document, and a page that renders it without leaving the host."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver import paths
from mockserver.api import problems
from mockserver.api.response import Header, Response, json_answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.pipeline import Pipeline

PAGE = "/api-docs"
DOCUMENT = "/api-docs/openapi.json"
SCRIPT = "page.js"
ASSETS = {
    "swagger-ui.css": b"text/css; charset=utf-8",
    "swagger-ui-bundle.js": b"text/javascript; charset=utf-8",
    "favicon-32x32.png": b"image/png",
}

# The browser itself refuses everything that would leave the host. Swagger UI writes style attributes, and images as data: URIs.
_POLICY: Header = (
    b"content-security-policy",
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
)

_HTML = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outbound API</title>
<link rel="icon" type="image/png" href="{{folder}}/favicon-32x32.png">
<link rel="stylesheet" href="{{folder}}/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="{{folder}}/swagger-ui-bundle.js"></script>
<script src="{{folder}}/{SCRIPT}"></script>
</body>
</html>
"""

_SCRIPT = """SwaggerUIBundle({
  url: new URL("openapi.json", document.currentScript.src).href, dom_id: "#page", validatorUrl: null, deepLinking: true,
  tryItOutEnabled: true, persistAuthorization: true, defaultModelsExpandDepth: 0
});
"""
_JAVASCRIPT = Response(200, b"text/javascript; charset=utf-8", _SCRIPT.encode())


class Documentation:
    """Answers `/api-docs` and what lies below it; every other path is `app`'s."""

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
        if path not in (PAGE, DOCUMENT) and name not in (SCRIPT, *ASSETS):
            return None
        if scope["method"] not in ("GET", "HEAD"):
            return self._pipeline.problem(problems.method_not_allowed("GET, HEAD"), scope)
        if path == DOCUMENT:
            return json_answer(published(self._pipeline.document, paths.base_url(scope)))
        if path == PAGE:
            # Links are relative, so that they hold in a world and behind a proxy that takes off a prefix.
            folder = "." if scope["path"].endswith("/") else PAGE.lstrip("/")
            page = _HTML.replace("{folder}", folder)
            return Response(200, b"text/html; charset=utf-8", page.encode(), (_POLICY,))
        return _JAVASCRIPT if name == SCRIPT else _asset(name)


def published(document: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """The document as clients get it: the address by which they asked comes first of its servers, so that it can be tried out."""
    own = {"url": base_url, "description": "This mock"}
    return {**document, "servers": [own, *document.get("servers", ())]}


@cache
def _asset(name: str) -> Response:
    # A wheel has Swagger UI's files beside this module (setup.py), a checkout the package that they are from.
    packaged = files(__package__).joinpath("swagger_ui", name)
    content: bytes = (packaged if packaged.is_file() else _swagger_ui().joinpath(name)).read_bytes()
    return Response(200, ASSETS[name], content, ((b"cache-control", b"public, max-age=86400"),))


def _swagger_ui() -> Path:
    folder: Path = import_module("swagger_ui_bundle").swagger_ui_path
    return Path(folder)

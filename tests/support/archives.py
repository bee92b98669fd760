"""HTTP Archives written by hand: entries as browsers and proxies write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

API = "https://api.example/api/v1"
KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
CONTACT = {
    "id": "con_1",
    "qualificationStatus": "qualified",
    "listIds": [],
    "createdAt": "2026-05-01T12:00:00.000Z",
    "updatedAt": "2026-05-01T12:00:00.000Z",
}
HEADERS = {
    "content-type": "application/json",
    "cache-control": "private",
    "date": "Fri, 01 May 2026 12:00:00 GMT",
    "x-ratelimit-limit": "60",
    "x-ratelimit-reset": "30",
}


def page(*contacts: dict[str, Any]) -> str:
    """A page of contacts, as text."""
    return json.dumps({"data": contacts or [CONTACT], "nextCursor": None})


def problem(status: int = 404, **members: Any) -> str:
    """A problem, as text."""
    base = {"type": "https://outbound.ustack.ai/errors/not-found", "title": "Not found", "detail": "No such contact."}
    return json.dumps({**base, "status": status, **members})


def entry(
    path: str = "/contacts",
    status: int = 200,
    body: str | None = None,
    *,
    method: str = "GET",
    key: str | None = KEY,
    sent: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    content: dict[str, Any] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """An entry: a page of contacts that keeps everything, unless told otherwise. `headers` replaces some of the answer's."""
    text = page() if body is None else body
    refusal = {"content-type": "application/problem+json", "www-authenticate": "Bearer"} if status >= 400 else {}
    answered = HEADERS | refusal | (headers or {})
    authorization = {} if key is None else {"Authorization": f"Bearer {key}"}
    return {
        "startedDateTime": "2026-05-01T12:00:00.000Z",
        "time": 20.5,
        "request": {
            "method": method,
            "url": path if "://" in path else API + path,
            "headers": _pairs({**authorization, **(sent or {})}),
        },
        "response": {
            "status": status,
            "headers": _pairs({name: value for name, value in answered.items() if value}),
            "content": {"size": len(text.encode()), "mimeType": "", "text": text} if content is None else content,
        },
        **members,
    }


def archive(folder: Path, *entries: Any, name: str = "traffic.har") -> Path:
    """An archive as a file."""
    file = folder / name
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}), "utf-8")
    return file


def _pairs(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]

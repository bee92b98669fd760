"""HTTP Archives of a client's requests, made by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mockserver.grading.har import recorded_run
from mockserver.grading.records import Run
from mockserver.grading.rules import judge

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
CONTACTS = "https://api.example/api/v1/contacts"
WALK: tuple[dict[str, Any], ...] = (
    {"url": CONTACTS, "body": {"data": [{}] * 50, "nextCursor": "abc"}},
    {"url": f"{CONTACTS}?cursor=abc", "body": {"data": [{}] * 9, "nextCursor": None}},
)


def entry(
    at: float, url: str, status: int = 200, body: Any = None, key: str = "obk_live_…wwke", **headers: str
) -> dict[str, Any]:
    authorization = [{"name": "Authorization", "value": f"Bearer {key}"}] if key else []
    return {
        "startedDateTime": (START + timedelta(seconds=at)).isoformat(),
        "time": 20,
        "timings": {"send": 0, "wait": 15, "receive": 5},
        "request": {"method": "GET", "url": url, "headers": authorization},
        "response": {
            "status": status,
            "headers": [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()],
            "content": {} if body is None else {"text": json.dumps(body)},
        },
    }


def recorded(folder: Path, *entries: dict[str, Any]) -> Run:
    file = folder / "traffic.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}), "utf-8")
    return recorded_run(file)


def statuses(run: Run) -> dict[str, str]:
    return {name: judgement.status for name, judgement in judge(run).items()}

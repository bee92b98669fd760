"""Locust's page answers this machine's browsers, and nothing that another site had them send."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loadtests.runner.web_guard import guard, is_foreign

_HOST = "127.0.0.1:8089"


@pytest.mark.parametrize(
    ("host", "listens", "path", "origin", "fetch_site", "foreign"),
    [
        (_HOST, "127.0.0.1", "/swarm", None, None, False),
        ("localhost:8089", "127.0.0.1", "/swarm", "http://localhost:8089", "same-origin", False),
        ("[::1]:8089", "::1", "/swarm", "http://[::1]:8089", "same-origin", False),
        (_HOST, "127.0.0.1", "/", None, "cross-site", False),
        ("load.example:8089", "load.example", "/swarm", "http://load.example:8089", "same-origin", False),
        ("load.example:8089", "0.0.0.0", "/swarm", None, None, False),
        ("evil.example:8089", "127.0.0.1", "/", None, None, True),
        ("127.0.0.1.evil.example", "127.0.0.1", "/", None, None, True),
        (_HOST, "127.0.0.1", "/swarm", "http://evil.example", None, True),
        (_HOST, "127.0.0.1", "/swarm", "null", None, True),
        (_HOST, "127.0.0.1", "/swarm", "http://127.0.0.1:9999", None, True),
        (_HOST, "127.0.0.1", "/stop", None, "cross-site", True),
        (_HOST, "127.0.0.1", "/stop", None, "same-site", True),
        ("", "127.0.0.1", "/", None, None, True),
    ],
)
def test_what_may_come_from_another_site_is_foreign(
    host: str, listens: str, path: str, origin: str | None, fetch_site: str | None, foreign: bool
) -> None:
    assert is_foreign(host, listens, path, origin, fetch_site) is foreign


@pytest.fixture
def page(tmp_path: Path) -> FlaskClient:
    app = Flask(__name__)
    app.add_url_rule(
        "/swarm", "swarm", methods=["POST"], view_func=lambda: ("begun", {"Access-Control-Allow-Origin": "*"})
    )
    guard(SimpleNamespace(app=app, host="127.0.0.1"), str(tmp_path))
    return app.test_client()


def test_a_form_of_this_page_begins_a_run(page: FlaskClient) -> None:
    answer = page.post("/swarm", base_url=f"http://{_HOST}", headers={"Origin": f"http://{_HOST}"})
    assert (answer.status_code, answer.text) == (200, "begun")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
def test_a_form_of_another_site_begins_none(headers: dict[str, str], page: FlaskClient) -> None:
    assert page.post("/swarm", base_url=f"http://{_HOST}", headers=headers).status_code == 403


def test_the_last_report_is_on_the_page_once_there_is_one(page: FlaskClient, tmp_path: Path) -> None:
    assert page.get("/load.html", base_url=f"http://{_HOST}").status_code == 404
    (tmp_path / "load.html").write_text("held", "utf-8")
    assert page.get("/load.html", base_url=f"http://{_HOST}").text == "held"

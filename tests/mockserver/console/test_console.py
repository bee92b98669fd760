"""The console over HTTP: who has access, what protects its pages, and which forms it accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import urljoin

import pytest

from mockserver.app import Settings, create_app
from mockserver.clock import Clock
from tests.support.console_client import FORM, HOST, PAGES, Visitor, text
from tests.support.mock_client import FULL, MOCK, START, Client, new_mock


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_served_with_what_protects_it(path: str) -> None:
    answer = Visitor(MOCK).get(path)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    page = answer.body.decode()
    assert not re.search(r'(src|href|action)="(https?:)?//', page), "it refers to another origin"
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|<style", page), "its policy would refuse that"


def test_cookies_are_kept_from_scripts_and_other_sites() -> None:
    cookie = Visitor(new_mock()).get().headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert cookie.startswith("outbound_form_8080=")


def test_every_file_of_the_pages_is_served_and_may_be_kept() -> None:
    visitor = Visitor(new_mock())
    page = visitor.get("/api-keys").body.decode()
    names = re.findall(r'(?:src|href)="/admin(/static/[^"]+)"', page)
    assert {name.partition("?")[0] for name in names} >= {
        "/static/console.css",
        "/static/console.js",
        "/static/meters.js",
    }
    for name in names:
        answer = visitor.get(name)
        assert (answer.status, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert visitor.get("/static/../app.py").status == 404


def test_no_script_reaches_for_another_origin() -> None:
    for file in (files("mockserver.console") / "static").iterdir():
        assert not re.search(r"https?://(?!www\.w3\.org/)", file.read_text("utf-8")), file.name


class TestAccess:
    def test_it_serves_this_machine_alone(self) -> None:
        assert Visitor(new_mock(), peer="192.0.2.1").get().status == 403
        assert Visitor(new_mock()).get(host="rebound.example").status == 403
        assert Visitor(new_mock(), peer="192.0.2.1").get("/static/console.css").status == 403

    def test_with_a_control_token_it_asks_for_it(self) -> None:
        mock = create_app(Settings(contacts=3), Clock(START), "sesame")
        visitor = Visitor(mock, peer="192.0.2.1")
        assert visitor.get("/api-keys").headers["location"] == "/admin/login"
        assert "not the control token" in text(visitor.log_in("open"))
        assert visitor.get("/api-keys").status == 303
        assert visitor.log_in("sesame").status == 303
        assert visitor.get("/api-keys").status == 200
        assert "sesame" not in str(visitor.cookies)

    def test_who_has_logged_in_can_log_out(self) -> None:
        visitor = Visitor(create_app(Settings(contacts=3), Clock(START), "sesame"), peer="192.0.2.1")
        visitor.log_in("sesame")
        assert 'action="/admin/logout"' in visitor.get("/clock").body.decode()
        assert visitor.get("/logout").status == 405
        assert visitor.post("/logout", {"token": "x" * 32}).status == 403
        assert visitor.post("/logout", origin="http://evil.example").status == 403
        assert visitor.get("/clock").status == 200
        left = visitor.post("/logout")
        assert (left.status, left.headers["location"]) == (303, "/admin/login")
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert visitor.get("/clock").headers["location"] == "/admin/login"

    def test_nobody_logs_out_where_nobody_logs_in(self) -> None:
        visitor = Visitor(new_mock())
        assert "Log out" not in text(visitor.get("/clock"))
        assert visitor.post("/logout").status == 404

    def test_the_token_counts_as_a_bearer_credential_too(self) -> None:
        mock = create_app(Settings(contacts=3), Clock(START), "sesame")
        assert Visitor(mock, peer="192.0.2.1").get(authorization="Bearer sesame").status == 200


class TestForms:
    ADVANCE: Mapping[str, str] = {"advance": "60"}

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:9999"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
        ],
        ids=str,
    )
    def test_another_site_cannot_send_one(self, headers: dict[str, str]) -> None:
        mock = new_mock()
        visitor = Visitor(mock)
        assert visitor.post("/clock", self.ADVANCE).status == 303
        assert visitor.post("/clock", self.ADVANCE, **headers).status == 403
        assert mock.state.clock.now() == START + 60

    @pytest.mark.parametrize("token", ["", "x" * 32])
    def test_it_needs_the_token_of_the_page(self, token: str) -> None:
        mock = new_mock()
        assert Visitor(mock).post("/clock", {**self.ADVANCE, "token": token}).status == 403
        assert mock.state.clock.now() == START

    def test_it_needs_the_cookie_too(self) -> None:
        visitor = Visitor(new_mock())
        token = visitor.token
        visitor.cookies.clear()
        sent = visitor.send("POST", "/admin/clock", f"token={token}&advance=1".encode(), content_type=FORM)
        assert sent.status == 403

    def test_what_it_cannot_take_is_said(self) -> None:
        visitor = Visitor(new_mock())
        assert visitor.post("/clock", {}, content_type="application/json").status == 415
        assert visitor.post("/clock", {"advance": "x" * 3_000_000}).status == 400
        assert visitor.post("/clock", {f"f{number}": "" for number in range(600)}).status == 400
        assert "number of seconds" in text(visitor.do("/clock", {"advance": "soon"}))
        assert visitor.get("/nothing").status == 404
        assert set(visitor.send("DELETE", "/admin/clock", b"").headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
        assert visitor.get("/api-keys?organization=org_nothing").status == 404


def test_a_world_has_a_console_of_its_own() -> None:
    mock = new_mock()
    world_id, world = mock.worlds.add()
    visitor = Visitor(mock, base=f"/_worlds/{world_id}")
    assert f'href="/_worlds/{world_id}/admin/clock"' in visitor.get().body.decode()
    visitor.do("/clock", {"advance": "60"})
    assert world.state.clock.now() == START + 60
    assert mock.state.clock.now() == START


@pytest.mark.parametrize("path", [*PAGES, "/login"])
def test_every_link_is_relative_so_that_it_holds_behind_a_prefix(path: str) -> None:
    token = "sesame-sesame" if path == "/login" else None
    mock = create_app(Settings(contacts=3), Clock(START), token)
    page = Client(mock).get(f"/admin{path}").body.decode()
    links = re.findall(r'(?:href|src|action|data-live|data-log|data-meters)="([^"#?][^"]*)"', page)
    assert len(links) > 2
    for link in links:
        assert not link.startswith("/")
        there = urljoin(f"https://mock.example/prefix/admin{path}", link)
        assert re.match(r"https://mock\.example/prefix/(admin|api-docs|_mock)", there), link


def test_it_is_imported_when_it_is_asked_for() -> None:
    mock = new_mock()
    assert "_console" not in vars(mock)
    Client(mock, FULL).get("/administrators")
    assert "_console" not in vars(mock)
    Visitor(mock).get(host=HOST)
    assert "_console" in vars(mock)

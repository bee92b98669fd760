"""How a test steers the mock: the control API, modifications of its parts, and the keys that it gives out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.app import Settings, create_app
from mockserver.clock import Clock
from mockserver.modifications.registry import Modification
from spec import contract
from tests.support.mock_client import ANYONE, FULL, KEYS, MOCK, NEIGHBOUR, PROBLEM, START, Client, changing, new_mock


class TestControl:
    def test_it_adds_a_contact(self) -> None:
        mock = new_mock()
        client = Client(mock, NEIGHBOUR)
        added = client.ask("POST", "/_mock/contacts", b'{"organization": "%s"}' % NEIGHBOUR.organization_id.encode())
        assert client.get(f"/api/v1/contacts/{added.json['id']}").json == added.json
        assert Client(mock, FULL).get(f"/api/v1/contacts/{added.json['id']}").status == 404
        first = client.ask("POST", "/_mock/contacts").json
        assert Client(mock, FULL).get("/api/v1/contacts?limit=1").json["data"] == [first]

    def test_it_moves_the_clock(self) -> None:
        mock = new_mock()
        assert Client(mock).ask("POST", "/_mock/clock", b'{"advance": 1.5}').json["now"] == START + 1.5
        assert mock.state.clock.now() == START + 1.5

    def test_it_tells_its_health(self) -> None:
        health = ANYONE.get("/_mock/health").json
        assert health["status"] == "ok"
        assert [one["contacts"] for one in health["organizations"]] == [60, 60]

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/_mock/clock", b""),
            ("/_mock/clock", b'{"advance": -1}'),
            ("/_mock/clock", b'{"advance": true}'),
            ("/_mock/clock", b'{"advance": NaN}'),
            ("/_mock/clock", b'{"advance": 1e999}'),
            ("/_mock/clock", b'{"advance": %s}' % (b"9" * 400)),
            ("/_mock/clock", b"[]"),
            ("/_mock/clock", b"{"),
            ("/_mock/clock", b"\xff"),
            ("/_mock/clock", b"[" * 60_000),
            ("/_mock/contacts", b'{"organization": "org_unknown"}'),
            ("/_mock/contacts", b'{"organization": 1}'),
        ],
        ids=lambda value: str(value[:24]),
    )
    def test_what_it_cannot_take_is_a_problem(self, path: str, body: bytes) -> None:
        answer = ANYONE.ask("POST", path, body)
        assert (answer.status, answer.headers["content-type"]) == (400, PROBLEM)
        assert len(answer.json["detail"].splitlines()) == 1

    def test_unknown_paths_and_methods_are_problems(self) -> None:
        assert ANYONE.get("/_mock/nothing").status == 404
        answer = ANYONE.ask("DELETE", "/_mock/clock")
        assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")

    def test_it_serves_this_machine_alone(self) -> None:
        for peer in ("::1", "127.0.0.2", "::ffff:127.0.0.1"):
            assert Client(MOCK, peer=peer).get("/_mock/health").status == 200
        assert Client(MOCK, peer="::ffff:192.0.2.1").get("/_mock/health").status == 403
        assert Client(MOCK, peer="192.0.2.1").get("/_mock/health").status == 403

    @pytest.mark.parametrize(
        ("host", "status"),
        [
            ("localhost:8080", 200),
            ("127.0.0.1", 200),
            ("[::1]:1", 200),
            ("rebound.example:8080", 403),
            ("", 403),
            ("[", 403),
        ],
    )
    def test_it_serves_no_page_that_calls_this_machine_by_another_name(self, host: str, status: int) -> None:
        assert ANYONE.send("GET", b"/_mock/health", [(b"host", host.encode())]).status == status


def layered(place: str) -> Modification:
    """Marks what passes its layer, around everything (`outer`) or before Connexion (`inner`)."""

    def layer(app: Any) -> Any:
        async def marked(scope: Any, receive: Any, send: Any) -> None:
            async def marking(message: Any) -> None:
                if "headers" in message:
                    message["headers"] = [*message["headers"], (b"x-seen", b"date" if _dated(message) else b"bare")]
                await send(message)

            await app(scope, receive, marking)

        return marked

    return changing(lambda pipeline: getattr(pipeline, place).append(layer))


def _dated(message: Any) -> bool:
    return any(name == b"date" for name, _ in message["headers"])


class TestModifications:
    @pytest.mark.parametrize(("place", "seen"), [("outer", "date"), ("inner", "bare")])
    def test_a_layer_sees_the_answer_where_it_stands(self, place: str, seen: str) -> None:
        mock = new_mock(modifications=[layered(place)])
        assert Client(mock, FULL).get("/api/v1/me").headers["x-seen"] == seen
        assert "x-seen" not in Client(mock).get("/_mock/health").headers

    def test_a_part_can_be_replaced_while_the_mock_runs(self) -> None:
        mock = new_mock()
        client = Client(mock, FULL)
        inner = mock.world.pipeline.page
        mock.world.pipeline.page = lambda caller, collection, filters, after, _limit: inner(
            caller, collection, filters, after, 1
        )
        assert len(client.get("/api/v1/contacts").json["data"]) == 1
        mock.world.pipeline.page = inner
        assert len(client.get("/api/v1/contacts").json["data"]) == 50

    def test_a_layer_can_be_added_while_the_mock_runs(self) -> None:
        mock = new_mock()
        layered("inner").change_pipeline(mock.world.pipeline)
        assert "x-seen" not in Client(mock, FULL).get("/api/v1/me").headers
        mock.world.rewire()
        assert "x-seen" in Client(mock, FULL).get("/api/v1/me").headers


def test_keys_depend_on_the_seed_alone() -> None:
    def secrets(**changes: Any) -> list[str]:
        mock = create_app(replace(Settings(contacts=1), **changes), Clock(START + 1))
        return [key.secret for key in mock.state.keys]

    assert secrets() == [key.secret for key in MOCK.state.keys] == secrets(contacts=2)
    assert secrets(organizations=3)[: len(secrets())] == secrets()
    assert not set(secrets()) & set(secrets(seed=2))
    assert len(set(secrets())) == len(secrets())


def test_the_organizations_have_every_kind_of_key_that_a_target_names() -> None:
    assert {kind: len(keys) for kind, keys in KEYS.items()} == {
        "primary": 2,
        "single_scope": 4,
        "no_scope": 1,
        "revoked": 1,
        "expired": 1,
        "spare": 6,
        "secondary": 2,
    }
    for key in KEYS["primary"] + KEYS["spare"] + KEYS["secondary"]:
        assert key.scopes == contract().scopes
    for key in MOCK.state.keys:
        assert len(key.secret) == len("obk_live_") + 32
        assert key.secret[9:].isalnum()
        assert key.secret not in repr(key)

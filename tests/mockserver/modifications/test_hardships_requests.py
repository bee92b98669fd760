"""How hardships change answers, and that the same seed gives the same answers again."""

from __future__ import annotations

from random import Random
from typing import Any

import httpx
import pytest

from mockserver.api.keys import ApiKey
from mockserver.app import Mock
from mockserver.modifications import hardships
from mockserver.modifications.hardships.transport import draw
from tests.support import patient_http
from tests.support.hardship_mocks import CONTACTS, ME, hard, sent_to_endpoints, walked
from tests.support.mock_client import FULL, KEYS, NEIGHBOUR, PROBLEM, Client, new_mock
from tests.support.raw_client import serving_mock

BEARER = {"Authorization": f"Bearer {FULL.secret}"}


def test_they_leave_what_is_not_the_api_alone() -> None:
    mock = hard("proxy-errors", probability=1)
    client = Client(mock, FULL)
    assert client.get("/api/v1/me").status in (502, 503, 504)
    assert client.get("/api-docs").status == 200
    assert client.get("/_mock/health").status == 200


def outcome(mock: Mock, target: str, key: ApiKey = FULL, method: str = "GET") -> Any:
    """What a client gets: status, headers and body, None if the connection ends before an answer."""
    try:
        answer = Client(mock, key).ask(method, target)
    except ValueError:
        return None
    return answer.status, answer.headers, answer.body


SEEDED = [
    name
    for name in hardships.names()
    if "seed" in {parameter.name for parameter in hardships.describe(name).parameters}
]


class TestReplay:
    def outcomes(self, slept: list[float], name: str, seed: int) -> list[Any]:
        """The results of the same requests and deliveries, in the same order."""
        mock = hard(name, seed=seed)
        del slept[:]
        got: list[Any] = [outcome(mock, f"{CONTACTS}?limit={limit}") for limit in range(1, 41)]
        got += walked(mock, 7) if hardships.describe(name).breaks in ((), ("PAGE-13",)) else []
        return [*got, *sent_to_endpoints(mock, 30), *slept]

    @pytest.mark.parametrize("name", SEEDED)
    def test_the_same_seed_brings_the_same_to_the_same_requests(self, name: str, slept: list[float]) -> None:
        first = self.outcomes(slept, name, 7)
        assert self.outcomes(slept, name, 7) == first
        assert any(self.outcomes(slept, name, seed) != first for seed in (8, 9, 10))

    def test_switching_one_on_again_begins_it_again(self) -> None:
        mock = new_mock()

        def statuses() -> list[int]:
            switch = mock.world.switch_on(hardships.made("server-errors", {"probability": 0.5}))
            found = [Client(mock, FULL).get(ME).status for _ in range(30)]
            mock.world.switch_off(switch.id)
            return found

        assert statuses() == statuses()
        assert Client(mock, FULL).get(ME).status == 200


class TestRefusals:
    def test_a_storm_is_a_keys_own_and_its_end_is_as_told(self) -> None:
        mock = hard("rate-limit-storms", probability=0.2, seconds=4.5)
        client, other = Client(mock, FULL), Client(mock, KEYS["spare"][0])
        for _ in range(20):
            answer = client.get(ME)
            if answer.status == 200:
                continue
            assert answer.kind == "rate-limit-exceeded"
            wait = int(answer.headers["retry-after"])
            assert 4.5 <= wait <= 5
            mock.state.clock.advance(4.4)
            assert client.get(ME).headers["retry-after"] == "1"
            mock.state.clock.advance(wait - 4.4)
            assert client.get(ME).status == 200
        assert {client.get(ME).status for _ in range(20)} == {200, 429}
        mock.state.clock.advance(5)
        while client.get(ME).status == 200:
            pass
        assert other.get(ME).status in (200, 429)

    def test_who_is_refused_in_a_storm_spends_nothing(self) -> None:
        mock = new_mock(rate_limited=True, modifications=[hardships.made("rate-limit-storms", {"probability": 1})])
        client = Client(mock, FULL)
        assert {client.get(ME).status for _ in range(300)} == {429}
        mock.state.clock.advance(5)
        assert client.get(ME).status == 200

    def test_a_spent_key_meets_no_storm_whose_end_it_could_not_use(self) -> None:
        storms = hardships.made("rate-limit-storms", {"probability": 1, "seconds": 0.1})
        mock = new_mock(rate_limited=True)
        client = Client(mock, FULL)
        while client.get(ME).status == 200:
            pass
        mock.world.switch_on(storms)
        refused = client.get(ME)
        mock.state.clock.advance(int(refused.headers["retry-after"]))
        assert client.get(ME).status in (200, 429)
        assert int(refused.headers["retry-after"]) > 1

    def test_failing_servers_tell_it_as_a_problem_with_the_keys_limit(self) -> None:
        mock = hard("server-errors", probability=1, wait=3)
        told = [Client(mock, FULL).get(CONTACTS) for _ in range(40)]
        assert {answer.status for answer in told} == {500, 502, 503}
        for answer in told:
            assert answer.headers["content-type"] == PROBLEM
            assert answer.json["status"] == answer.status
            assert answer.headers["retry-after"] == "3"
            assert "x-ratelimit-limit" in answer.headers
        (entry, *_) = mock.world.request_log
        assert entry.problem is not None
        assert "retry-after" not in Client(hard("server-errors", probability=1), FULL).get(ME).headers

    def test_one_status_can_be_asked_for(self) -> None:
        mock = hard("server-errors", probability=1, status=503)
        assert {Client(mock, FULL).get(ME).status for _ in range(10)} == {503}

    def test_a_failing_proxy_knows_nothing_of_the_api(self) -> None:
        mock = hard("proxy-errors", probability=1, wait=9)
        client = Client(mock, FULL)
        told = [client.get(ME) for _ in range(40)]
        assert {answer.status for answer in told} == {502, 503, 504}
        for answer in told:
            assert answer.headers["content-type"] == "text/html"
            assert answer.body.startswith(b"<html>")
            assert answer.headers["retry-after"] == "9"
            assert not {name for name in answer.headers if name.startswith("x-")}
        assert client.ask("HEAD", ME).body == b""

    @pytest.mark.parametrize("announced", [True, False])
    def test_an_outage_is_everybodys_and_ends(self, announced: bool) -> None:
        mock = hard("outages", probability=1, seconds=30, announced=announced)
        for key in (FULL, NEIGHBOUR):
            answer = Client(mock, key).get(ME)
            assert (answer.status, answer.headers.get("retry-after")) == (503, "30" if announced else None)
        mock.state.clock.advance(30)
        assert Client(mock, NEIGHBOUR).get(ME).status == 200


class TestTransport:
    @pytest.mark.parametrize("distribution", ["fixed", "uniform", "normal", "lognormal", "long-tail"])
    def test_latency_is_as_it_is_distributed_and_bounded(self, distribution: Any) -> None:
        random = Random(1)
        drawn = sorted(draw(random, distribution, 0.2, 0.5, 0.9) for _ in range(4_000))
        middle = drawn[2_000]
        assert drawn[0] >= 0
        assert drawn[-1] <= 0.9
        expected = {"long-tail": 0.2 * 2**0.5}.get(distribution, 0.2)
        assert middle == pytest.approx(expected, rel=0.05)
        widths = {"fixed": 0.0, "uniform": 0.2, "normal": 0.5, "lognormal": 0.85, "long-tail": 0.7}
        assert drawn[-1] - drawn[0] == pytest.approx(widths[distribution], abs=0.15)

    def test_an_answer_comes_late_and_whole(self, slept: list[float]) -> None:
        mock = hard("latency", distribution="fixed", seconds=2, probability=0.5)
        bodies = {Client(mock, FULL).get(CONTACTS).body for _ in range(40)}
        assert bodies == {Client(new_mock(), FULL).get(CONTACTS).body}
        assert set(slept) == {2.0}
        assert 5 < len(slept) < 35

    def test_a_slow_body_comes_piece_by_piece_and_whole(self, slept: list[float]) -> None:
        mock = hard("slow-bodies", probability=1, seconds=3, pieces=6)
        assert Client(mock, FULL).get(CONTACTS).body == Client(new_mock(), FULL).get(CONTACTS).body
        assert slept == [0.5] * 6
        assert Client(mock, FULL).ask("HEAD", CONTACTS).body == b""

    @pytest.mark.parametrize(
        ("name", "parameters", "error"),
        [
            ("truncated-bodies", {}, "without sending complete message body"),
            ("dropped-connections", {"moment": "before"}, "disconnected without sending a response"),
            ("dropped-connections", {"moment": "headers"}, "without sending complete message body"),
            ("dropped-connections", {"moment": "reset"}, "reset|Errno 104"),
        ],
    )
    def test_an_answer_breaks_off_on_the_wire(self, name: str, parameters: dict[str, str], error: str) -> None:
        broken = hardships.made(name, {**parameters, "probability": 1})
        with (
            serving_mock(modifications=[broken]) as served,
            patient_http.Client(base_url=served.url, headers=BEARER) as client,
        ):
            for _ in range(3):
                with pytest.raises(httpx.TransportError, match=error):
                    client.get(CONTACTS)
            assert client.get("/_mock/health").status_code == 200

    def test_a_slow_body_is_seen_on_the_wire(self) -> None:
        slow = hardships.made("slow-bodies", {"probability": 1, "seconds": 2, "pieces": 2})
        with (
            serving_mock(modifications=[slow]) as served,
            patient_http.stream("GET", served.url + CONTACTS, headers=BEARER) as answer,
        ):
            assert 0 < len(next(answer.iter_raw())) < int(answer.headers["Content-Length"])

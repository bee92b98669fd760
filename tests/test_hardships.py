"""What a client must survive: made by name, seeded, and seen in what a client gets."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

import spec
from mockserver import faults, hardships, variants
from mockserver.access.keys import ApiKey
from mockserver.app import Mock
from mockserver.clock import milliseconds
from mockserver.hardships import transport
from mockserver.hardships.parameters import read
from mockserver.hardships.transport import Latency
from mockserver.parts import Modification, Parts
from mockserver.switches import Condition
from mockserver.webhooks.happening import happen
from mockserver.webhooks.sending import Outgoing, Reply
from mockserver.webhooks.signing import HEADER, digest
from spec import contract
from tests.gate import ROOT, run_gate
from tests.mock_client import FULL, KEYS, NEIGHBOUR, PROBLEM, Client, new_mock
from tests.raw_client import serving_mock

NAMES = tuple(hardships.names())
ME, CONTACTS, EVENTS = (contract().operations[name].path for name in ("getMe", "listContacts", "listEvents"))
BEARER = {"Authorization": f"Bearer {FULL.secret}"}
LEVELS = {requirement.id: requirement.level for requirement in spec.requirements()}


def hard(name: str, **parameters: Any) -> Mock:
    """A mock with a hardship."""
    return new_mock(modifications=[hardships.made(name, parameters)])


def untouched(parts: Parts) -> dict[str, Any]:
    """What a modification may replace, as it stands."""
    steps = {
        f"steps.{member.name}": getattr(parts.webhooks.steps, member.name) for member in fields(parts.webhooks.steps)
    }
    members = {member.name: getattr(parts, member.name) for member in fields(parts)}
    return {**steps, **{name: value[:] if isinstance(value, list) else value for name, value in members.items()}}


def replaced(modification: Modification) -> set[str]:
    """The parts, and the steps of a delivery, that a modification replaces."""
    parts = new_mock(contacts=5).parts
    before = untouched(parts)
    modification.install(parts)
    return {name for name, value in untouched(parts).items() if value is not before[name] and value != before[name]}


class TestCatalogue:
    @pytest.mark.parametrize("name", NAMES)
    def test_each_is_described_and_made_with_its_defaults_as_given(self, name: str) -> None:
        told = hardships.describe(name)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert told.name == name
        assert told.description.endswith(".")
        assert set(told.breaks) <= set(LEVELS)
        assert len({parameter.name for parameter in told.parameters}) == len(told.parameters)
        assert all(parameter.description.endswith(".") for parameter in told.parameters)
        assert all(re.fullmatch("[a-z]+", parameter.name) for parameter in told.parameters)
        defaults = {parameter.name: parameter.default for parameter in told.parameters}
        assert hardships.made(name) == hardships.made(name, defaults)
        assert hardships.made(name) == hardships.made(name, {key: str(value) for key, value in defaults.items()})

    def test_no_hardship_is_named_like_a_fault_or_a_variant(self) -> None:
        assert not set(NAMES) & {*faults.names(), *variants.names()}

    @pytest.mark.parametrize("name", NAMES)
    def test_what_applies_to_deliveries_replaces_their_steps_alone(self, name: str) -> None:
        changed = replaced(hardships.made(name))
        assert changed
        applies_to = "deliveries" if all(part.startswith("steps.") for part in changed) else "requests"
        assert hardships.describe(name).applies_to == applies_to

    @pytest.mark.parametrize("name", faults.names())
    def test_what_applies_to_deliveries_is_known_of_faults_too(self, name: str) -> None:
        changed = replaced(faults.named(name))
        applies_to = "deliveries" if changed and all(part.startswith("steps.") for part in changed) else "requests"
        assert faults.applies_to(name) == applies_to

    @pytest.mark.parametrize(
        ("name", "parameters", "words"),
        [
            ("latenc", {}, "did you mean latency"),
            ("zzz", {}, "there are rate-limit-storms"),
            ("latency", {"second": 1}, "distribution, seconds"),
            ("unknown-members", {"seed": 1}, "none"),
            ("latency", {"seconds": "x"}, "seconds must be a number"),
            ("latency", {"seconds": float("nan")}, "seconds must be a number"),
            ("latency", {"seconds": 10**400}, "seconds must be a number"),
            ("latency", {"seconds": -1}, "at least 0 and at most 60"),
            ("latency", {"seconds": [1]}, "must be a number"),
            ("latency", {"distribution": "odd"}, "fixed, uniform"),
            ("latency", {"distribution": None}, "fixed, uniform"),
            ("slow-bodies", {"pieces": 2.5}, "whole number"),
            ("slow-bodies", {"pieces": True}, "whole number"),
            ("outages", {"announced": "perhaps"}, "true or false"),
        ],
    )
    def test_a_mistake_is_one_line(self, name: str, parameters: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words) as error:
            hardships.made(name, parameters)
        assert "\n" not in str(error.value)

    def test_values_are_read_as_json_and_as_text_have_them(self) -> None:
        known = {parameter.name: parameter for parameter in hardships.describe("server-errors").parameters}
        assert [read(known["probability"], value) for value in (1, 0.5, "0.5")] == [1.0, 0.5, 0.5]
        assert [read(known["wait"], value) for value in (3, 3.0, "3")] == [3, 3, 3]
        assert [read(known["status"], value) for value in (503, "503")] == ["503", "503"]

    def test_the_command_line_has_them_with_parameters(self) -> None:
        assert hardships.parsed("latency") == ("latency", {})
        assert hardships.parsed("latency:seconds=2,seed=7") == ("latency", {"seconds": "2", "seed": "7"})
        for text in ("latency:", "latency:seconds", "latency:seconds=", "latency:=2", "latency:seconds=1,"):
            with pytest.raises(ValueError, match="must be NAME or"):
                hardships.parsed(text)


def test_they_leave_what_is_not_the_api_alone() -> None:
    mock = hard("proxy-errors", probability=1)
    client = Client(mock, FULL)
    assert client.get("/api/v1/me").status in (502, 503, 504)
    assert client.get("/api-docs").status == 200
    assert client.get("/_mock/health").status == 200


def outcome(mock: Mock, target: str, key: ApiKey = FULL, method: str = "GET") -> Any:
    """What a client gets: status, headers and body, None where the connection ends before an answer."""
    try:
        answer = Client(mock, key).ask(method, target)
    except ValueError:
        return None
    return answer.status, answer.headers, answer.body


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds for which hardships would have slept."""
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)

    monkeypatch.setattr(transport, "sleep", sleep)
    return seconds


SEEDED = [name for name in NAMES if "seed" in {parameter.name for parameter in hardships.describe(name).parameters}]


def readme_row(name: str) -> str:
    """How the README shows a hardship."""
    told = hardships.describe(name)
    parameters = ", ".join(
        f"{parameter.name}={parameter.default}" for parameter in told.parameters if parameter.name != "seed"
    )
    breaks = ", ".join(told.breaks)
    return f"| `{name}` | {told.description.partition(chr(10))[0]} | {f'`{parameters}`' if parameters else ''} | {breaks} |"


def test_the_readme_shows_them_all_as_they_are() -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## Hardships\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [readme_row(name) for name in NAMES]


class TestReplay:
    def outcomes(self, slept: list[float], name: str, seed: int) -> list[Any]:
        """What comes of the same requests and deliveries in the same order."""
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
            switch = mock.world.switch_on("x", hardships.made("server-errors", {"probability": 0.5}), Condition())
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
            mock.parts.clock.advance(4.4)
            assert client.get(ME).headers["retry-after"] == "1"
            mock.parts.clock.advance(wait - 4.4)
            assert client.get(ME).status == 200
        assert {client.get(ME).status for _ in range(20)} == {200, 429}
        mock.parts.clock.advance(5)
        while client.get(ME).status == 200:
            pass
        assert other.get(ME).status in (200, 429)

    def test_who_is_refused_in_a_storm_spends_nothing(self) -> None:
        mock = new_mock(rate_limited=True, modifications=[hardships.made("rate-limit-storms", {"probability": 1})])
        client = Client(mock, FULL)
        assert {client.get(ME).status for _ in range(300)} == {429}
        mock.parts.clock.advance(5)
        assert client.get(ME).status == 200

    def test_a_spent_key_meets_no_storm_whose_end_it_could_not_use(self) -> None:
        storms = hardships.made("rate-limit-storms", {"probability": 1, "seconds": 0.1})
        mock = new_mock(rate_limited=True)
        client = Client(mock, FULL)
        while client.get(ME).status == 200:
            pass
        mock.world.switch_on("x", storms, Condition())
        refused = client.get(ME)
        mock.parts.clock.advance(int(refused.headers["retry-after"]))
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
        (entry, *_) = mock.world.journal
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
        mock.parts.clock.advance(30)
        assert Client(mock, NEIGHBOUR).get(ME).status == 200


class TestTransport:
    @pytest.mark.parametrize("distribution", ["fixed", "uniform", "normal", "lognormal", "long-tail"])
    def test_latency_is_as_it_is_distributed_and_bounded(self, distribution: Any) -> None:
        latency = Latency(distribution=distribution, seconds=0.2, spread=0.5, longest=0.9)
        random = Random(1)
        drawn = sorted(latency.drawn(random) for _ in range(4_000))
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
            httpx.Client(base_url=served.url, headers=BEARER) as client,
        ):
            for _ in range(3):
                with pytest.raises(httpx.TransportError, match=error):
                    client.get(CONTACTS)
            assert client.get("/_mock/health").status_code == 200

    def test_a_slow_body_is_seen_on_the_wire(self) -> None:
        slow = hardships.made("slow-bodies", {"probability": 1, "seconds": 0.05, "pieces": 5})
        with (
            serving_mock(modifications=[slow]) as served,
            httpx.stream("GET", served.url + CONTACTS, headers=BEARER) as answer,
        ):
            assert len(list(answer.iter_raw())) > 1


def walked(mock: Mock, limit: int, filters: str = "", path: str = CONTACTS) -> list[list[Any]]:
    """The pages of a list, in order."""
    pages: list[list[Any]] = []
    cursor = ""
    while not pages or cursor:
        page = Client(mock, FULL).get(f"{path}?limit={limit}{filters}{cursor}").json
        pages.append(page["data"])
        cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"
        assert len(pages) < 500
    return pages


def ids(pages: list[list[Any]]) -> list[str]:
    return [item["id"] for page in pages for item in page]


class TestData:
    def test_small_pages_lead_to_everything(self) -> None:
        mock = hard("small-pages", probability=0.6, smallest=0.1)
        pages = walked(mock, 10)
        sizes = [len(page) for page in pages]
        assert ids(pages) == ids(walked(new_mock(), 10))
        assert sizes[0] == 10
        assert min(sizes) > 0
        assert {size < 10 for size in sizes[1:-1]} == {True, False}
        assert pages == walked(mock, 10)

    def test_unknown_members_are_in_every_object(self) -> None:
        mock = hard("unknown-members")
        client = Client(mock, FULL)
        me, page, problem = (client.get(path).json for path in (ME, CONTACTS, "/api/v1/nothing"))
        for told in (me, me["apiKey"], me["organization"], page, page["data"][0], problem):
            assert told["experimental"] is True
        (outgoing,) = sent_to_endpoints(mock, 1)
        assert json.loads(outgoing.body)["resource"]["experimental"] is True
        assert is_signed(mock, outgoing)

    @pytest.mark.parametrize(
        ("collection", "member", "unknown", "known"),
        [
            ("contacts", "qualificationStatus", "under_review", "qualified"),
            ("drafts", "status", "snoozed", "sent"),
            ("events", "eventType", "sequence.step_reached", "draft.sent,contact.created"),
        ],
    )
    def test_unknown_values_are_filtered_by_as_they_are_shown(
        self, collection: str, member: str, unknown: str, known: str
    ) -> None:
        mock = hard("unknown-enum-values", probability=0.3)
        path = f"/api/v1/{collection}"
        everything = [item for page in walked(mock, 50, path=path) for item in page]
        assert [item["id"] for item in everything] == ids(walked(new_mock(), 50, path=path))
        assert unknown in {item[member] for item in everything}
        for wanted in (unknown, known, "nonsense"):
            shown = [item for item in everything if item[member] in wanted.split(",")]
            pages = walked(mock, 5, f"&{member}={wanted}", path)
            assert [item for page in pages for item in page] == shown
            assert all(len(page) == 5 for page in pages[:-1])
            assert pages[-1] or not shown
        if collection != "events":
            changed = next(item for item in everything if item[member] == unknown)
            alone = Client(mock, FULL).get(f"{path}/{changed['id']}").json
            assert changed == {name: alone[name] for name in changed}

    def test_an_unknown_event_type_is_delivered_as_the_feed_has_it(self) -> None:
        mock = hard("unknown-enum-values", probability=0.5)
        outgoing = sent_to_endpoints(mock, 20)
        feed = {event["id"]: event["eventType"] for page in walked(mock, 200, path=EVENTS) for event in page}
        delivered = [json.loads(one.body) for one in outgoing]
        assert [event["eventType"] for event in delivered] == [feed[event["id"]] for event in delivered]
        assert [one.headers["X-Outbound-Event"] for one in outgoing] == [event["eventType"] for event in delivered]
        assert "sequence.step_reached" in {event["eventType"] for event in delivered}
        assert all(is_signed(mock, one) for one in outgoing)

    def test_a_cursor_expires_with_time(self) -> None:
        mock = new_mock()
        client = Client(mock, FULL)
        old = client.get(f"{CONTACTS}?limit=5").json["nextCursor"]
        mock.world.switch_on("x", hardships.made("expiring-cursors", {"seconds": 10}), Condition())
        page = client.get(f"{CONTACTS}?limit=5").json
        following = f"{CONTACTS}?limit=5&cursor={page['nextCursor']}"
        mock.parts.clock.advance(10)
        assert client.get(following).json["data"] == client.get(f"{CONTACTS}?limit=5&cursor={old}").json["data"]
        mock.parts.clock.advance(0.1)
        refused = client.get(following)
        assert (refused.status, refused.kind) == (400, "invalid-cursor")
        assert "expired" in refused.json["detail"]
        for altered in (
            following + "1",
            following + "x",
            following[:-14] + ".",
            following.replace("cursor=e", "cursor=f"),
        ):
            assert client.get(altered).kind == "invalid-cursor"

    def test_a_cursor_expires_with_use(self) -> None:
        mock = hard("expiring-cursors", uses=2)
        client = Client(mock, FULL)
        following = f"{CONTACTS}?limit=5&cursor={client.get(f'{CONTACTS}?limit=5').json['nextCursor']}"
        assert [client.get(following).status for _ in range(4)] == [200, 200, 400, 400]


def sent_to_endpoints(mock: Mock, events: int) -> list[Outgoing]:
    """The requests of deliveries that so many events lead to, in the order in which they are made while the clock runs on."""
    sent: list[Outgoing] = []

    async def take(outgoing: Outgoing) -> Reply:
        sent.append(outgoing)
        return Reply(200)

    async def happen_all() -> None:
        hooks, parts = mock.parts.webhooks, mock.parts
        hooks.steps.transmit = take
        hooks._news = asyncio.Event()  # of this loop
        hooks.register(FULL.organization_id, "http://127.0.0.1:1/hook")
        for _ in range(events):
            event = happen(parts.tenants[FULL.organization_id], parts.clock.now(), data={"note": "Zoë"})
            hooks.publish(FULL.organization_id, event)
            parts.clock.advance(0.1)
        async with asyncio.timeout(10):
            while any(delivery.state in ("waiting", "sending") for delivery in hooks.log):
                await asyncio.sleep(0)
                parts.clock.advance(0.05)
                hooks._news.set()

    asyncio.run(happen_all())
    return sent


def is_signed(mock: Mock, outgoing: Outgoing) -> bool:
    """Whether a receiver would believe it: signed, and not too old."""
    (endpoint,) = mock.parts.webhooks.endpoints
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", outgoing.headers.get(HEADER, ""))
    if not found:
        return False
    fresh = abs(mock.parts.clock.now() - int(found[1])) < 300
    return fresh and found[2] == digest(endpoint.secret, found[1], outgoing.body)


def events_of(sent: list[Outgoing]) -> list[str]:
    return [json.loads(outgoing.body)["id"] for outgoing in sent]


class TestDeliveries:
    def test_without_hardship_each_event_comes_once_and_in_order(self) -> None:
        mock = new_mock()
        sent = sent_to_endpoints(mock, 20)
        assert len(set(events_of(sent))) == len(sent) == 20
        assert events_of(sent) == [delivery.event["id"] for delivery in mock.parts.webhooks.log]

    def test_duplicates_are_the_same_event_under_other_delivery_ids(self) -> None:
        mock = hard("duplicate-deliveries", probability=0.5, copies=2)
        sent = sent_to_endpoints(mock, 20)
        assert set(Counter(events_of(sent)).values()) == {1, 3}
        assert len({outgoing.headers["X-Outbound-Delivery"] for outgoing in sent}) == len(sent)
        assert all(is_signed(mock, outgoing) for outgoing in sent)

    def test_what_was_taken_comes_again_under_its_delivery_id(self) -> None:
        mock = hard("lost-acknowledgements", probability=0.5)
        sent = sent_to_endpoints(mock, 20)
        assert len(set(events_of(sent))) == 20 < len(sent)
        ids = {(json.loads(outgoing.body)["id"], outgoing.headers["X-Outbound-Delivery"]) for outgoing in sent}
        assert len(ids) == 20
        assert all(is_signed(mock, outgoing) for outgoing in sent)
        assert {attempt.status for delivery in mock.parts.webhooks.log for attempt in delivery.attempts} == {200}

    def test_reordered_events_come_all_and_in_another_order(self) -> None:
        mock = hard("reordered-deliveries")
        sent = sent_to_endpoints(mock, 20)
        happened = [delivery.event["id"] for delivery in mock.parts.webhooks.log]
        assert sorted(events_of(sent)) == sorted(happened)
        assert events_of(sent) != happened
        assert all(is_signed(mock, outgoing) for outgoing in sent)

    def test_late_events_come_when_their_time_has(self) -> None:
        mock = hard("late-deliveries", seconds=100, spread=0.1)
        sent_to_endpoints(mock, 10)
        for delivery in mock.parts.webhooks.log:
            created = milliseconds(delivery.event["createdAt"]) / 1_000
            assert 89 < delivery.attempts[0].at - created < 112

    @pytest.mark.parametrize("part", ["any", "body", "signature", "timestamp", "missing", "stale"])
    def test_what_is_tampered_with_is_not_believed(self, part: str) -> None:
        mock = hard("tampered-deliveries", probability=1, part=part)
        sent = sent_to_endpoints(mock, 20)
        assert len(sent) == 20
        assert not any(is_signed(mock, outgoing) for outgoing in sent)

    def test_some_are_as_they_should_be(self) -> None:
        mock = hard("tampered-deliveries", probability=0.5)
        assert {is_signed(mock, outgoing) for outgoing in sent_to_endpoints(mock, 20)} == {True, False}

    @pytest.mark.parametrize("body", [{"hardship": "late-deliveries"}, {"fault": "timestamp-stale"}], ids=str)
    def test_a_switch_means_all_of_them(self, body: dict[str, str]) -> None:
        client = Client(new_mock())
        for condition in ({"requests": 2}, {"key": FULL.id}, {"operation": "getMe"}):
            refused = client.ask("POST", "/_mock/switches", json.dumps({**body, **condition}).encode())
            assert refused.status == 400
            assert "deliveries" in refused.json["detail"]
        assert client.ask("POST", "/_mock/switches", json.dumps(body).encode()).status in (200, 201)

    def test_a_switch_holds_for_deliveries(self) -> None:
        mock = new_mock()
        switch = mock.world.switch_on("x", hardships.made("duplicate-deliveries", {"probability": 1}), Condition())
        assert len(sent_to_endpoints(mock, 3)) == 6
        mock.world.switch_off(switch.id)
        assert len(sent_to_endpoints(mock, 3)) == 6  # to two endpoints


class TestGate:
    """The gate's verdict on a mock with hardships: those that keep the contract, at once, and one that breaks it."""

    KEEPERS = (
        "latency:seconds=0.01",
        "slow-bodies:seconds=0.05",
        "small-pages",
        "unknown-members",
        "unknown-enum-values",
        "duplicate-deliveries",
        "lost-acknowledgements",
        "reordered-deliveries",
        "late-deliveries:seconds=1",
    )

    def test_it_tries_all_that_break_no_must(self) -> None:
        keepers = {name for name in NAMES if not musts(hardships.describe(name).breaks)}
        assert keepers == {text.partition(":")[0] for text in self.KEEPERS}

    def test_it_finds_no_must_broken(self, tmp_path: Path) -> None:
        options = " ".join(f"--hardship {text}" for text in self.KEEPERS)
        run = run_gate(tmp_path, "--mock-options", options)
        assert (run.exit_code, run.verdict) == (0, "conformant"), run.output[-3_000:]
        assert run.ids("failed") <= {id_ for name in NAMES for id_ in hardships.describe(name).breaks}

    def test_it_shows_what_breaks_the_contract(self, tmp_path: Path) -> None:
        hardship = "tampered-deliveries:probability=1,part=signature"
        run = run_gate(tmp_path, "--mock-options", f"--hardship {hardship}", suite="conformance/test_webhooks.py")
        assert run.exit_code == 1, run.output[-3_000:]
        assert run.broken_musts() == {"HOOK-2"}


def musts(requirements: tuple[str, ...]) -> list[str]:
    return [id_ for id_ in requirements if LEVELS[id_] == "must"]

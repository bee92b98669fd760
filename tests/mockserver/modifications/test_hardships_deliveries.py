"""How hardships change deliveries: twice, late, in another order, tampered with."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from mockserver.clock import milliseconds
from mockserver.modifications import hardships
from mockserver.webhooks.sending import Outgoing
from tests.support.hardship_mocks import hard, is_signed, sent_to_endpoints
from tests.support.mock_client import FULL, START, Client, new_mock


def events_of(sent: list[Outgoing]) -> list[str]:
    return [json.loads(outgoing.body)["id"] for outgoing in sent]


class TestDeliveries:
    def test_without_hardship_each_event_comes_once_and_in_order(self) -> None:
        mock = new_mock()
        sent = sent_to_endpoints(mock, 20)
        assert len(set(events_of(sent))) == len(sent) == 20
        assert events_of(sent) == [delivery.event["id"] for delivery in mock.state.webhooks.log]

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
        assert {attempt.status for delivery in mock.state.webhooks.log for attempt in delivery.attempts} == {200}

    def test_reordered_events_come_all_and_in_another_order(self) -> None:
        mock = hard("reordered-deliveries")
        sent = sent_to_endpoints(mock, 20)
        happened = [delivery.event["id"] for delivery in mock.state.webhooks.log]
        assert sorted(events_of(sent)) == sorted(happened)
        assert events_of(sent) != happened
        assert all(is_signed(mock, outgoing) for outgoing in sent)

    def test_late_events_come_when_their_time_has(self) -> None:
        mock = hard("late-deliveries", seconds=100, spread=0.1)
        sent_to_endpoints(mock, 10)
        for delivery in mock.state.webhooks.log:
            created = milliseconds(delivery.event["createdAt"]) / 1_000
            assert 89 < delivery.attempts[0].at - created < 112

    def test_reformatted_bodies_are_signed_as_they_are_and_serialized_again_are_not(self) -> None:
        mock = hard("reformatted-deliveries", probability=1)
        tenant = mock.state.tenants[FULL.organization_id]
        event = tenant.add_event(START, "contact.created", "con_1", {"note": "Zoë", "url": "https://x/", "score": 1})
        body = mock.world.pipeline.deliveries.serialize(event, FULL.organization_id)
        assert json.loads(body) == {**event, "organizationId": FULL.organization_id}
        assert [part in body for part in (b"\n ", rb"Zo\u00eb", rb"https:\/\/x", b"1.0")] == [True] * 4
        sent = sent_to_endpoints(mock, 5)
        assert all(is_signed(mock, outgoing) for outgoing in sent)
        again = [replace(each, body=json.dumps(json.loads(each.body)).encode()) for each in sent]
        assert not any(is_signed(mock, outgoing) for outgoing in again)

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
        switch = mock.world.switch_on(hardships.made("duplicate-deliveries", {"probability": 1}))
        assert len(sent_to_endpoints(mock, 3)) == 6
        mock.world.switch_off(switch.id)
        assert len(sent_to_endpoints(mock, 3)) == 6  # to two endpoints

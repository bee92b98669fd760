"""Conditions: a modification applies only to some requests, on the command line and in the control API."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from mockserver.app import Mock
from mockserver.modifications import faults
from mockserver.modifications.aliases import ALIASES
from mockserver.modifications.condition import ALL_REQUESTS, Condition, condition_of, parsed, states
from mockserver.modifications.requested import requested
from tests.support.mock_client import FULL, NEIGHBOUR, START, Client, new_mock

MARK = "rate-headers-missing"
"""A fault that every answer shows."""


def marked_by(condition: str, kind: str = MARK) -> Mock:
    """A mock with that fault for the requests that a condition means."""
    return new_mock(modifications=[requested("fault", f"{kind}@{condition}")])


def is_marked(mock: Mock, path: str, method: str = "GET", **headers: str) -> bool:
    """Whether the fault shows in the answer to a request."""
    return "x-ratelimit-limit" not in Client(mock, FULL).ask(method, f"/api/v1{path}", **headers).headers


@pytest.fixture(scope="module")
def resources() -> dict[str, str]:
    """Paths of resources by the state of the resource: the same in every mock of the usual size."""
    tenant = new_mock().state.tenants[FULL.organization_id]
    drafts = [json.loads(row.single) for row in tenant.drafts.rows({})]
    lists = [json.loads(row.single) for row in tenant.lists.rows({"includeArchived": "1"})]
    contacts = [row.id for row in tenant.contacts.rows({})]
    researched = [each for each in contacts if tenant.research.get(each)]
    return {
        **{draft["status"]: f"/drafts/{draft['id']}" for draft in drafts},
        **{"archived" if each["archivedAt"] else "unarchived": f"/lists/{each['id']}" for each in lists},
        "researched": f"/contacts/{researched[0]}",
        "unresearched": f"/contacts/{next(each for each in contacts if each not in researched)}",
    }


class TestHolds:
    @pytest.mark.parametrize(
        ("condition", "meant", "other"),
        [
            ("operation=listContacts", "/contacts?limit=1", "/contacts/con_1"),
            ("operation=getContactResearch", "/contacts/con_1/research", "/contacts/con_1"),
            ("collection=contacts", "/contacts/con_1", "/contacts/con_1/research"),
            ("collection=research", "/contacts/con_1/research", "/contacts"),
            ("parameter=q", "/contacts?q=x", "/contacts?limit=1"),
            ("position=first", "/contacts?limit=1", "/contacts?cursor=x"),
            ("position=later", "/contacts?cursor=x", "/contacts?cursor="),
            ("position=first", "/lists", "/lists/lst_1"),
            ("shape=encoded", "/contacts/%63on_1", "/contacts/con_1"),
            ("shape=repeated", "/contacts?limit=1&limit=2", "/contacts?limit=1&q=2"),
            ("state=bounced", "/drafts?status=bounced", "/drafts?status=sent"),
            ("operation=getMe,position=first", "/nothing", "/me"),
        ],
    )
    def test_it_means_some_requests(self, condition: str, meant: str, other: str) -> None:
        mock = marked_by(condition)
        assert not is_marked(mock, other)
        assert is_marked(mock, meant) == ("," not in condition)

    def test_it_means_a_method(self) -> None:
        mock = marked_by("method=HEAD")
        assert (is_marked(mock, "/me", "HEAD"), is_marked(mock, "/me")) == (True, False)

    def test_it_means_conditional_requests(self) -> None:
        mock = marked_by("shape=conditional")
        assert (is_marked(mock, "/me", if_none_match='"x"'), is_marked(mock, "/me")) == (True, False)

    def test_it_means_a_key(self) -> None:
        mock = marked_by(f"key={FULL.id}")
        assert is_marked(mock, "/me")
        assert "x-ratelimit-limit" in Client(mock, NEIGHBOUR).get("/api/v1/me").headers

    @pytest.mark.parametrize("state", ["archived", "unarchived", "researched", "unresearched", "bounced"])
    def test_it_means_a_state_of_the_resource(self, state: str, resources: dict[str, str]) -> None:
        mock = marked_by(f"state={state}")
        others = [path for other, path in resources.items() if other != state and other[:2] == state[:2]]
        assert is_marked(mock, resources[state])
        assert not any(is_marked(mock, path) for path in others)

    def test_it_means_research_by_the_state_of_its_contact(self, resources: dict[str, str]) -> None:
        mock = marked_by("state=researched,operation=getContactResearch")
        assert is_marked(mock, f"{resources['researched']}/research")
        assert not is_marked(mock, f"{resources['unresearched']}/research")

    def test_it_means_a_filter_by_the_state_of_what_it_names(self, resources: dict[str, str]) -> None:
        mock = marked_by("state=archived")
        archived, live = (resources[state].rpartition("/")[2] for state in ("archived", "unarchived"))
        assert is_marked(mock, f"/contacts?listId={archived}")
        assert not is_marked(mock, f"/contacts?listId={live}")

    def test_it_means_another_organization_s_resources_too(self) -> None:
        tenant = new_mock().state.tenants[NEIGHBOUR.organization_id]
        theirs = next(
            row for row in tenant.lists.rows({"includeArchived": "1"}) if json.loads(row.single)["archivedAt"]
        )
        assert is_marked(marked_by("state=archived"), f"/lists/{theirs.id}")

    def test_it_means_each_third_request_of_those_that_all_else_means(self) -> None:
        mock = marked_by("every=3,operation=getMe")
        assert [is_marked(mock, path) for path in ("/me", "/lists", "/me", "/me", "/me")] == [0, 0, 0, 1, 0]

    def test_it_means_the_next_two(self) -> None:
        mock = marked_by("requests=2,operation=getMe")
        assert [is_marked(mock, path) for path in ("/lists", "/me", "/me", "/me")] == [0, 1, 1, 0]


class TestRequested:
    def test_a_condition_is_written_as_it_is_read(self) -> None:
        text = "operation=getContactResearch,method=HEAD,every=2"
        assert str(parsed(text)) == text
        assert parsed(text) == condition_of({"operation": "getContactResearch", "method": "HEAD", "every": 2})
        assert str(requested("hardship", "latency:seconds=2@method=HEAD")) == "latency:seconds=2.0@method=HEAD"
        assert requested("variant", "oldest-first").condition == ALL_REQUESTS

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("default-of-49@", "must be member=value"),
            ("default-of-49@operation", "must be member=value"),
            ("default-of-49@operation=getNothing", "there are getMe"),
            ("default-of-49@operation=getMee", "operation: no such operation; did you mean getMe"),
            ("default-of-49@method=head", "method: no such method; did you mean HEAD"),
            ("default-of-49@operations=getMe", "'operations' is no condition; did you mean operation"),
            ("default-of-49@zzz=getMe", "there are key, operation"),
            ("default-of-49@every=0", "whole number of at least 1"),
            ("default-of-49@every=x", "whole number of at least 1"),
            ("default-of-49@state=lost", "there are archived"),
            ("delivery-by-put@method=HEAD", "changes all deliveries: it takes no condition"),
            ("default-of-40@method=HEAD", "did you mean default-of-49"),
        ],
    )
    def test_a_mistake_is_one_line(self, text: str, words: str) -> None:
        with pytest.raises(ValueError, match=words) as error:
            requested("fault", text)
        assert "\n" not in str(error.value)

    def test_what_changes_data_takes_none(self) -> None:
        with pytest.raises(ValueError, match="takes no condition"):
            requested("variant", "uuid-ids@method=HEAD")

    def test_statuses_come_from_the_document(self) -> None:
        assert {"archived", "bounced", "disqualified"} <= set(states())


class TestWorld:
    def test_what_a_mock_is_started_with_is_on_and_can_be_switched_off_and_comes_back(self) -> None:
        mock = marked_by("operation=getMe")
        client = Client(mock)
        (switch,) = client.get("/_mock/switches").json["data"]
        assert switch["name"] == MARK
        assert switch["condition"] == {member.name: None for member in fields(Condition)} | {"operation": "getMe"}
        client.ask("DELETE", "/_mock/switches")
        assert not is_marked(mock, "/me")
        client.ask("POST", "/_mock/reset", b"{}")
        assert is_marked(mock, "/me")

    def test_the_control_api_takes_the_same_members(self) -> None:
        mock = new_mock()
        body = {"fault": MARK, "position": "later", "collection": "lists", "every": 2}
        answer = Client(mock).ask("POST", "/_mock/switches", json.dumps(body).encode())
        assert answer.status == 201
        assert [is_marked(mock, "/lists?cursor=x") for _ in range(2)] == [False, True]

    @pytest.mark.parametrize("member", [{"state": "lost"}, {"method": "get"}, {"position": "last"}, {"shape": "odd"}])
    def test_the_control_api_refuses_what_is_no_condition(self, member: dict[str, str]) -> None:
        answer = Client(new_mock()).ask("POST", "/_mock/switches", json.dumps({"fault": MARK, **member}).encode())
        assert (answer.status, len(answer.json["detail"].splitlines())) == (400, 1)

    def test_a_variant_is_switched_on_for_some_requests_alone(self) -> None:
        client = Client(new_mock(), FULL)
        body = {"variant": "last-cursor-absent", "operation": "listLists"}
        answer = client.ask("POST", "/_mock/switches", json.dumps(body).encode())
        assert (answer.status, answer.json["kind"]) == (201, "variant")
        full = {name: client.get(f"/api/v1/{name}?limit=200").json for name in ("lists", "drafts")}
        assert {name: "nextCursor" in page for name, page in full.items()} == {"lists": False, "drafts": True}

    def test_a_variant_of_deliveries_takes_no_condition(self) -> None:
        body = {"variant": "signature-in-hex", "operation": "listLists"}
        answer = Client(new_mock()).ask("POST", "/_mock/switches", json.dumps(body).encode())
        assert (answer.status, "changes all deliveries" in answer.json["detail"]) == (400, True)

    def test_what_changes_the_data_is_neither_offered_nor_switched_on_while_it_runs(self) -> None:
        client = Client(new_mock())
        assert "ids-as-integers" not in {each["name"] for each in client.get("/_mock/catalogue").json["data"]}
        answer = client.ask("POST", "/_mock/switches", b'{"fault": "ids-as-integers"}')
        assert (answer.status, "start one with --fault" in answer.json["detail"]) == (400, True)

    def test_a_copy_of_a_world_has_it_too(self) -> None:
        mock = marked_by("operation=getMe")
        copy = mock.world.copy("wld_1")
        assert [str(switch.modification) for switch in copy.switches] == [f"{MARK}@operation=getMe"]
        assert copy.state.clock.now() == START


class TestAliases:
    @pytest.mark.parametrize("name", ALIASES)
    def test_an_earlier_name_is_a_fault_that_there_is_under_a_condition(self, name: str) -> None:
        assert name not in faults.names()
        assert str(requested("fault", name)) == ALIASES[name]

    def test_a_condition_is_added_to_that_of_an_earlier_name(self) -> None:
        found = requested("fault", "events-of-everybody@position=later")
        assert str(found) == "pages-of-everybody@operation=listEvents,position=later"

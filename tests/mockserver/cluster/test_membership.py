"""Processes become members of one mock: the first begins it, one leads, and all have the same settings."""

from __future__ import annotations

import time

import pytest
import redis

from mockserver import cli
from mockserver.cluster import membership
from mockserver.cluster.errors import SharingError
from mockserver.cluster.membership import PREFIX, Membership
from tests.support.mock_client import START


def test_the_first_says_when_all_began(server: str) -> None:
    assert Membership(server).join({"seed": 1}, START) == START
    assert Membership(server).join({"seed": 1}, START + 9) == START


def test_what_an_earlier_mock_left_is_forgotten(server: str) -> None:
    gone = Membership(server)
    gone.join({"seed": 1}, START)
    gone.leave()
    assert Membership(server).join({"seed": 2}, START + 9) == START + 9


@pytest.mark.parametrize(
    ("name", "theirs", "ours", "told"),
    [
        ("seed", 1, 2, ("seed 1", "seed 2")),
        ("rate limit", True, False, ("rate limit on", "rate limit off")),
        ("modifications", ["fault a", "fault b"], [], ("modifications fault a, fault b", "modifications none")),
    ],
)
def test_members_agree_on_their_settings(
    server: str, name: str, theirs: object, ours: object, told: tuple[str, str]
) -> None:
    Membership(server).join({name: theirs}, START)
    with pytest.raises(SharingError) as refused:
        Membership(server).join({name: ours}, START)
    assert str(refused.value) == (
        f"the mock that already runs there has {told[0]}, and this one has {told[1]}; start both with the same options"
    )


def test_one_leads(server: str) -> None:
    members = [Membership(server) for _ in range(3)]
    for member in members:
        member.join({}, START)
    assert [member.leading for member in members] == [True, False, False]
    members[0].leave()
    members[1].beat()
    assert members[1].leading


def test_a_member_that_enters_anew_leaves_no_moment_without_one(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    member = Membership(server)
    member.join({}, START)
    former, removed, counts = member.id, member.reach.server.zrem, []

    def remove(place: str, name: str) -> object:
        counts.append(len(member.members()))
        return removed(place, name)

    monkeypatch.setattr(member.reach.server, "zrem", remove)
    member.enter()
    assert counts == [2]
    assert member.members() == [member.id] != [former]
    assert member.leading


def test_a_mock_that_makes_its_data_stays_a_member(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Made(Exception):
        pass

    def make(*_: object) -> None:
        with redis.Redis.from_url(server) as client:
            client.delete(f"{PREFIX}:members")
            until = time.monotonic() + 30
            while not client.zcard(f"{PREFIX}:members"):
                assert time.monotonic() < until, "there was no heartbeat"
        raise Made

    monkeypatch.setattr(membership, "HEARTBEAT", 0.01)
    monkeypatch.setattr("mockserver.app.create_app", make)
    with pytest.raises(Made):
        cli.command(["--port", "0", "--state", server], standalone_mode=False)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock"])
def test_a_server_that_is_not_there_is_one_line(url: str) -> None:
    with pytest.raises(SharingError, match=r"\A[^\n]+\Z"):
        Membership(url)


@pytest.mark.parametrize("url", ["nonsense", "redis://127.0.0.1:one/0", "redis://127.0.0.1:1/0?unknown=1"])
def test_what_is_no_url_of_a_server_is_one_line(url: str) -> None:
    with pytest.raises(ValueError, match=r"\Anot the URL of a Redis server: [^\n]+\Z"):
        Membership(url)

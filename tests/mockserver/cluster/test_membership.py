"""Processes become members of one mock: the first begins it, one leads, and all have the same settings."""

from __future__ import annotations

import pytest

from mockserver.cluster.errors import SharingError
from mockserver.cluster.membership import Membership
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


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock"])
def test_a_server_that_is_not_there_is_one_line(url: str) -> None:
    with pytest.raises(SharingError, match=r"\A[^\n]+\Z"):
        Membership(url)


@pytest.mark.parametrize("url", ["nonsense", "redis://127.0.0.1:one/0", "redis://127.0.0.1:1/0?unknown=1"])
def test_what_is_no_url_of_a_server_is_one_line(url: str) -> None:
    with pytest.raises(ValueError, match=r"\Anot the URL of a Redis server: [^\n]+\Z"):
        Membership(url)

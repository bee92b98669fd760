"""The hint to a misspelled name."""

from __future__ import annotations

import pytest

from spec.misspelled import meant, meant_member

NAMES = ("getMe", "listContacts", "HEAD")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("getMee", "; did you mean getMe?"),
        ("listcontact", "; did you mean listContacts?"),
        ("head", "; did you mean HEAD?"),
        ("", "; there are getMe, listContacts, HEAD"),
        ("nothing", "; there are getMe, listContacts, HEAD"),
        ("x" * 1_000_000, "; there are getMe, listContacts, HEAD"),
    ],
)
def test_the_name_most_like_it_is_told_or_else_all(name: str, hint: str) -> None:
    assert meant(name, NAMES) == hint


def test_too_many_names_have_another_end() -> None:
    assert meant("nothing", NAMES, "--list lists them") == "; --list lists them"
    assert meant("getMee", NAMES, "--list lists them") == "; did you mean getMe?"
    assert meant("nothing", ()) == "; there are none"


def test_a_member_that_is_like_none_may_be_meant_for_one_that_is_missing() -> None:
    assert meant_member("requirement", ("id", "until"), ["id"]) == "; it lacks id"
    assert meant_member("untill", ("id", "until"), ["id"]) == "; did you mean until?"
    assert meant_member("requirement", ("id", "until"), []) == "; there are id, until"

"""Long addresses and headers are cut in their middle for readers, and a shell makes them whole again."""

from __future__ import annotations

import subprocess

import pytest

from conformance.target.long_text import abridged, is_repeated, shell_word

KEY = "sk-0123456789abcdefghijABCDEFGH"
LONG = (
    "limit=" + "9" * 4400,
    "x" * 4000,
    "q=" + "%C3%A9" * 700 + "&cursor=it's",
    "a\\" + "-" * 300 + "' \"$HOME`" + "\\" * 200 + "%%" * 150 + "'" * 120,
)


@pytest.mark.parametrize("text", [*LONG, "", "plain", "it's", "$(echo)"])
def test_a_shell_makes_the_text_again(text: str) -> None:
    done = subprocess.run(["sh", "-c", f"printf '%s' {shell_word(text)}"], capture_output=True, timeout=20, check=True)
    assert done.stdout.decode() == text


@pytest.mark.parametrize("text", LONG[:3])
def test_the_word_of_a_repeated_text_is_short(text: str) -> None:
    assert len(shell_word(text)) < 100


def test_a_text_is_cut_in_its_middle_and_tells_how_much_is_left_out() -> None:
    assert abridged("x" * 300, 300) == "x" * 300
    assert abridged("/drafts/" + "x" * 3992 + "?a=1", 300) == f"/drafts/{'x' * 192}… (3800 characters left out) …?a=1"


@pytest.mark.parametrize("before", range(150, 310, 7))
def test_no_part_of_a_key_is_left_where_the_text_is_cut(before: int) -> None:
    text = abridged(f"/a?{'b&' * (before // 2)}key={KEY}&{'c&' * 50}d={KEY}", 300)
    assert KEY[:6] not in text.replace(KEY, "")
    assert KEY[-6:] not in text.replace(KEY, "")


def test_a_word_that_only_repeats_is_told_from_one_that_may_be_a_key() -> None:
    assert is_repeated("A" * 4000)
    assert not is_repeated("A" * 20)
    assert not is_repeated(KEY + "A" * 4000)

"""Made-up data is the same in every version of the mock, so its randomness must stay what the standard library draws."""

from __future__ import annotations

from random import Random

import pytest

from mockserver.tenants.ids import stream


def drawn(random: Random) -> list[object]:
    sizes = (1, 2, 3, 64, 65, 1_000, 2**40 + 1)
    return [
        draw
        for size in sizes
        for draw in (
            random.choice(range(size)),
            random.randrange(size),
            random.randrange(size, 3 * size),
            random.randint(0, size),
            random.choices(range(size), k=3),
        )
    ]


def test_a_stream_draws_what_the_standard_library_draws() -> None:
    ours, theirs = stream("a", 1), Random("a/1")
    assert [drawn(ours) for _ in range(50)] == [drawn(theirs) for _ in range(50)]


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="from 3 up to 3"):
        stream("a").randrange(3, 3)


def test_an_empty_sequence_is_refused() -> None:
    with pytest.raises(IndexError):
        stream("a").choice(())

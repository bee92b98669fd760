"""`python -m benchmarks.against`: the verdict on what was measured, and a wrong folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import against


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [([(103.0, 100.0)] * 3, 0.03), ([(90.0, 100.0), (101.0, 100.0), (900.0, 100.0)], 0.01)],
    ids=["alike", "one round that was disturbed"],
)
def test_the_median_round_counts(pairs: list[tuple[float, float]], expected: float) -> None:
    assert against.slower(pairs) == pytest.approx(expected)


@pytest.mark.parametrize(("ours", "code"), [(102.0, 0), (104.0, 1)])
def test_more_than_three_percent_is_too_slow(monkeypatch: pytest.MonkeyPatch, ours: float, code: int) -> None:
    def measured(*_arguments: object) -> dict[str, list[tuple[float, float]]]:
        return {"page": [(99.0, 100.0)], "me": [(ours, 100.0)]}

    monkeypatch.setattr(against, "_measured", measured)
    done = CliRunner().invoke(against.main, [str(Path(against.__file__).parents[1])])
    assert done.exit_code == code
    assert f"{ours:.1f} µs" in done.output


def test_a_folder_that_is_no_checkout_is_one_line_and_4(tmp_path: Path) -> None:
    done = CliRunner().invoke(against.main, [str(tmp_path)])
    assert (done.exit_code, len(done.output.splitlines())) == (4, 1)

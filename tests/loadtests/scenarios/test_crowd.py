"""A crowd that is to bear a rate asks for it long enough to be measured, and only where its keys may."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.scenarios.crowd import SCENARIO
from loadtests.scenarios.scenario import Circumstances
from loadtests.setup import Options, UsageError, prepare
from spec.target import RateLimit


@pytest.mark.parametrize("minutes", [0.3, 1.0, 5.0, 60.0])
def test_a_crowd_asks_for_its_rate_over_two_spells_of_five_seconds(minutes: float) -> None:
    plan = SCENARIO.plan(Circumstances(["crowd"] * 1000, RateLimit(), minutes, most_rate=300))
    crowd = plan.phases[0].crowd
    assert crowd
    assert 300 < crowd.rate < 310
    assert crowd.seconds >= 15
    assert crowd.steps * crowd.seconds == pytest.approx(60 * minutes)


@pytest.mark.parametrize("scenario", ["crowd", "soak"])
def test_a_rate_beyond_the_keys_limits_is_told_before_anything_is_sent(scenario: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text("".join(f"obk_live_{number} acme\n" for number in range(10)), "utf-8")
    options = Options(scenario, base_url="http://127.0.0.1:1", keys=str(keys), crowd_rate=9.0)
    assert prepare(options).conditions.crowd_rate == 9.0
    with pytest.raises(UsageError, match=r"10 keys .* 9\.0 requests a second, not for 10"):
        prepare(Options(scenario, base_url="http://127.0.0.1:1", keys=str(keys), crowd_rate=10.0))

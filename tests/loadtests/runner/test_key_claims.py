"""A key is one run's alone: another run on this machine that has the same key at the same target is told, and sends nothing."""

from __future__ import annotations

import pytest

from loadtests.runner.key_claims import claimed
from loadtests.setup import Options, Setup, UsageError, prepare

_KEYS = ("obk_live_" + "a" * 32, "obk_live_" + "b" * 32)


def _setup(monkeypatch: pytest.MonkeyPatch, key: str, port: int = 1) -> Setup:
    monkeypatch.setenv("OUTBOUND_API_KEY", key)
    return prepare(Options("burst", base_url=f"http://127.0.0.1:{port}"))


def test_a_second_run_with_the_same_key_is_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = _setup(monkeypatch, _KEYS[0])
    with claimed(setup), pytest.raises(UsageError, match=r"another run .* uses the key obk_live_…aaaa"), claimed(setup):
        pass


def test_a_key_is_free_again_once_its_run_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = _setup(monkeypatch, _KEYS[0])
    with claimed(setup):
        pass
    with claimed(setup):
        pass


def test_other_keys_and_other_targets_are_no_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        claimed(_setup(monkeypatch, _KEYS[0])),
        claimed(_setup(monkeypatch, _KEYS[1])),
        claimed(_setup(monkeypatch, _KEYS[0], port=2)),
    ):
        pass

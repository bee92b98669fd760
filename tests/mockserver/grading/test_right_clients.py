"""Right clients break nothing, though each uses another freedom of the contract; what a client did not do is not seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.grading.rules.key import UNTRUSTED
from mockserver.grading.verdict import Grade
from mockserver.server import certificates
from tests.clients.api import CONTACTS
from tests.clients.right import CLIENTS
from tests.support.graded_clients import broken, graded, statuses

SHOULDS_BROKEN = {
    "gives-up-at-once": {"FAIL-2"},
}
"""Shoulds that a right client breaks: a should is a wish, not a must."""

NOT_WAITED_FOR = {"polls-the-feed", "asks-me-alone", "does-nothing", "waits-two-seconds"}
"""Clients that take half a minute, and those that have a test of their own below."""

TRIALS = {
    "sequential": ("small-pages", "expiring-cursors", "one-429", "truncated-bodies"),
    "concurrent": ("one-429", "dropped-connections"),
    "stops-early": ("small-pages", "sparse-data"),
    "filters-for-itself": ("unknown-members", "unknown-enum-values", "sparse-data"),
    "speaks-http-1-0": ("small-pages", "proxy-errors"),
    "follows-redirects": ("redirect-elsewhere",),
    "tries-a-refused-key-once-more": ("revoked-key",),
    "gives-up-at-once": ("expiring-cursors", "one-429", "server-errors", "truncated-bodies", "proxy-errors"),
    "leaves-trying-to-urllib3": ("one-429", "server-errors"),
}


@pytest.mark.parametrize("name", sorted(set(CLIENTS) - NOT_WAITED_FOR))
def test_a_right_client_breaks_nothing(name: str) -> None:
    result = graded(name, *TRIALS.get(name, ()))
    assert set(broken(result)) == SHOULDS_BROKEN.get(name, set()), [ruling.evidence for ruling in result.broken]
    assert result.exit_code == 0


def test_a_silent_answer_is_over_once_its_client_gives_it_up() -> None:
    result = graded("waits-two-seconds", "silence")
    assert (set(broken(result)), result.exit_code) == (set(), 0)
    silent, again = [one for one in result.runs[-1].exchanges if one.path == CONTACTS][:2]
    assert silent.mark == "silence"
    assert silent.ended < again.began


def test_a_client_that_does_nothing_is_not_graded() -> None:
    result = graded("does-nothing")
    assert (result.verdict, result.exit_code) == ("not-graded", 3)
    assert set(statuses(result).values()) == {"not-seen"}


@pytest.fixture(scope="module")
def asks_me_alone() -> Grade:
    """Its grade in all trials that its plain run makes worthwhile."""
    return graded("asks-me-alone", trials=None)


def test_a_client_that_asks_me_alone_passes_nothing_but_what_concerns_the_key(asks_me_alone: Grade) -> None:
    assert {name for name, status in statuses(asks_me_alone).items() if status != "not-seen"} <= {
        f"KEY-{number}" for number in range(1, 5)
    }
    assert asks_me_alone.verdict == "good"


def test_the_trials_that_are_run_are_those_that_the_plain_run_makes_worthwhile(asks_me_alone: Grade) -> None:
    assert [run.trial for run in asks_me_alone.runs] == [
        "plain",
        "redirect-elsewhere",
        "revoked-key",
        "well-certified",
        *UNTRUSTED,
    ]


def test_a_client_that_verifies_certificates_speaks_to_the_right_server_alone() -> None:
    result = graded("asks-me-alone", "wrong-host", "expired-certificate", "unknown-authority")
    assert statuses(result)["KEY-4"] == "kept"
    assert [(run.trial, len(run.exchanges)) for run in result.runs] == [
        ("plain", 1),
        ("well-certified", 1),
        ("wrong-host", 0),
        ("expired-certificate", 0),
        ("unknown-authority", 0),
    ]


def test_a_client_that_does_not_speak_to_the_certified_server_is_told_why_key_4_is_not_seen() -> None:
    told: list[str] = []
    result = graded("trusts-the-authorities-it-brings", "wrong-host", "unknown-authority", told=told)
    (key,) = (ruling for ruling in result.rulings if ruling.requirement.id == "KEY-4")
    assert [run.trial for run in result.runs] == ["plain", "well-certified"]
    assert key.status == "not-seen"
    assert (
        "the command sent no key to well-certified, whose certificate verifies (exit code 1, 0 requests" in key.reason
    )
    assert "SSL_CERT_FILE" in key.reason
    assert told == [f"no trials with certificates that do not verify (KEY-4): {key.reason}"]


def test_a_machine_that_cannot_make_certificates_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(_folder: Path) -> None:
        raise certificates.NoCertificates("there is no openssl")

    monkeypatch.setattr(certificates, "make", make)
    result = graded("asks-me-alone", "wrong-host")
    (key,) = (ruling for ruling in result.rulings if ruling.requirement.id == "KEY-4")
    assert [run.trial for run in result.runs] == ["plain"]
    assert (key.status, key.reason) == ("not-seen", "there is no openssl")

"""Every wrong client is caught by the requirement that it breaks, and breaks no other must."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mockserver.modifications.hardships import made
from spec.client_requirements import client_requirements
from tests.clients import wrong, wrong_in_trouble
from tests.clients.receivers import RECEIVERS
from tests.support.graded_clients import SETTINGS, broken, graded

STORMY = replace(SETTINGS, modifications=(made("rate-limit-storms", {"probability": 1, "seconds": 1}),))
"""A mock that refuses every key for a second, serves it once, and refuses it again."""

CAUGHT = {
    "puts-the-key-into-the-query": "KEY-1",
    "sends-the-key-in-a-header-of-its-own": "KEY-1",
    "tells-the-key-in-the-body-too": "KEY-1",
    "logs-in-to-a-proxy-with-the-key": "KEY-1",
    "takes-the-key-along-on-a-redirect": "KEY-2 redirect-elsewhere",
    "hopes-that-a-revoked-key-comes-back": "KEY-3 revoked-key",
    "trusts-every-certificate": "KEY-4 wrong-host",
    "builds-cursors-by-hand": "WALK-1",
    "forgets-the-filter-on-page-two": "WALK-2",
    "stops-at-a-short-page": "WALK-3 small-pages",
    "stops-at-a-page-of-one-item": "WALK-3 small-pages",
    "asks-on-after-the-end": "WALK-4",
    "wants-five-hundred-a-page": "WALK-5",
    "sends-an-expired-cursor-again": "WALK-6 expiring-cursors",
    "asks-for-what-is-not-there": "ASK-1",
    "spells-filters-in-snake-case": "ASK-2",
    "asks-for-undefined": "ASK-3",
    "waits-half-as-long-as-it-is-told": "PACE-1 one-429",
    "lets-the-others-go-on-where-one-is-refused": "PACE-1 one-429",
    "takes-a-refusal-for-the-end": "PACE-2 one-429",
    "runs-into-the-limit-with-everything-it-has": "PACE-3",
    "insists-on-what-is-not-found": "FAIL-1",
    "hammers-a-failing-server": "FAIL-2 server-errors",
    "waits-shorter-each-time": "FAIL-2 server-errors",
    "waits-the-same-time-each-time": "FAIL-2 server-errors",
    "tries-again-what-is-unavailable-alone": "FAIL-2 server-errors",
    "takes-what-it-got-of-a-page-for-whole": "FAIL-3 truncated-bodies",
    "takes-what-it-got-of-its-second-list-for-whole": "FAIL-3 truncated-bodies",
    "waits-for-ever": "FAIL-4 silence",
    "refuses-unknown-members": "OPEN-1 unknown-members",
    "knows-all-statuses": "OPEN-1 unknown-enum-values",
    "counts-on-every-member": "OPEN-1 sparse-data",
    "reads-the-same-contact-for-every-row": "COST-1",
    "walks-in-tiny-steps": "COST-2",
    "opens-a-connection-for-every-request": "COST-3",
    "opens-a-connection-for-every-request-of-its-threads": "COST-3",
}
"""For each client, the requirement that it breaks, and the trial that shows it."""

SIDE_EFFECTS = {
    "sends-an-expired-cursor-again": {"FAIL-1"},
}
"""Shoulds that a wrong client also breaks, because its error consists of them."""


@pytest.mark.parametrize("name", CAUGHT)
def test_a_wrong_client_is_caught_by_its_requirement_alone(name: str) -> None:
    requirement, *trials = CAUGHT[name].split()
    settings = STORMY if requirement == "PACE-3" else SETTINGS
    found = broken(graded(name, *trials, settings=settings, patience=1))
    assert set(found) == {requirement, *SIDE_EFFECTS.get(name, ())}


def test_every_wrong_client_is_tried_and_every_requirement_has_one() -> None:
    assert set(CAUGHT) == {*wrong.CLIENTS, *wrong_in_trouble.CLIENTS}
    caught = {told.split()[0] for told in CAUGHT.values()}
    told = " ".join(receiver.__doc__ or "" for receiver in RECEIVERS.values())
    receivers = set(re.findall(r"HOOK-R\d", told))
    assert caught | receivers == {requirement.id for requirement in client_requirements()}

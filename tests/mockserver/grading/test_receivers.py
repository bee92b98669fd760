"""Every wrong receiver is caught by the requirement that it breaks, and a right one breaks nothing."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mockserver.grading.deliveries import Maker
from mockserver.grading.receiver import deliver, is_url, listens
from mockserver.grading.records import Probe, Run
from mockserver.grading.rules import judge
from tests.clients.receivers import RECEIVERS, Right, server
from tests.support.free_ports import free_port

SECRET = "whsec_" + "0123456789abcdef" * 2


def always() -> bool:
    return True


@contextmanager
def listening(receiver: Right) -> Iterator[str]:
    """The URL of a receiver in a thread of this process."""
    http = server(receiver, 0)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}/hook"
    finally:
        http.shutdown()
        http.server_close()
        thread.join(10)


def delivered(name: str, secret: str = SECRET) -> Run:
    with listening(RECEIVERS[name](secret)) as url:
        probes = deliver(url, Maker(SECRET, "org_1", time.time()).all(), always)
    return Run("receiver", (), probes=tuple(probes))


def broken(run: Run) -> set[str]:
    return {name for name, judgement in judge(run).items() if judgement.status == "broken"}


def test_a_right_receiver_keeps_everything() -> None:
    statuses = {name: judgement.status for name, judgement in judge(delivered("Right")).items()}
    assert {name: status for name, status in statuses.items() if name.startswith("HOOK")} == {
        f"HOOK-R{number}": "kept" for number in range(1, 8)
    }


@pytest.mark.parametrize("name", sorted(set(RECEIVERS) - {"Right"}))
def test_a_wrong_receiver_is_caught_by_its_requirement_alone(name: str) -> None:
    told = RECEIVERS[name].__doc__ or ""
    assert broken(delivered(name)) == {word.strip(".:,") for word in told.split() if word.startswith("HOOK-R")}


def test_a_receiver_with_another_secret_refuses_what_is_good_and_nothing_is_said_of_the_rest() -> None:
    judgements = judge(delivered("Right", secret="whsec_another"))
    assert judgements["HOOK-R1"].status == "broken"
    assert judgements["HOOK-R2"].status == "not-seen"
    assert judgements["HOOK-R3"].status == "not-seen"


def test_each_spoiled_delivery_comes_behind_its_good_sibling() -> None:
    probes = delivered("Right").probes
    for before, probe in itertools.pairwise(probes):
        if probe.requirement in ("HOOK-R2", "HOOK-R3"):
            assert before.good
            assert before.status == 204


def test_an_event_that_comes_twice_has_one_id_and_two_delivery_ids() -> None:
    first, second = (one for one in Maker(SECRET, "org_1", 0).all() if one.requirement == "HOOK-R6")
    assert first.body == second.body
    assert first.headers["X-Outbound-Delivery"] != second.headers["X-Outbound-Delivery"]


def test_nobody_at_the_url_is_no_answer() -> None:
    deliveries = list(Maker(SECRET, "org_1", 0).all())[:1]
    (probe,) = deliver(f"http://127.0.0.1:{free_port()}/", deliveries, always)
    assert isinstance(probe, Probe)
    assert probe.status is None
    assert probe.error


def test_waiting_for_a_receiver_ends_with_its_command() -> None:
    assert not listens(f"http://127.0.0.1:{free_port()}/", lambda: False)


@pytest.mark.parametrize(
    ("text", "right"), [("http://[::1]:80/x", True), ("ftp://x", False), ("x", False), ("http://a:b", False)]
)
def test_urls_of_receivers(text: str, right: bool) -> None:
    assert is_url(text) == right

"""The ledger of a load test keeps every attempt exactly, whoever made it."""

from __future__ import annotations

import random
from array import array

import msgspec
import pytest

from loadtests.analysis.ledger import Attempt, Key, Ledger

KEYS = [Key(f"obk_live_…{index:04}", "acme", "steady") for index in range(3)]


def attempts(count: int, seed: int = 1) -> list[Attempt]:
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        sent = 1_800_000_000 + chance.random() * 100
        status = chance.choice([200, 429, 503, 0])
        made.append(
            Attempt(
                key=chance.randrange(3),
                operation=chance.choice(["getMe", "listContacts"]),
                sent=sent,
                answered=sent + chance.random(),
                status=status,
                retry_after=chance.choice([1.0, 0.5, 60.0]) if status == 429 else None,
                error=None if status else chance.choice(["ConnectionRefusedError", "timed out"]),
                dated=status == 429 and chance.random() < 0.5,
            )
        )
    return made


def filled(made: list[Attempt]) -> Ledger:
    ledger = Ledger(KEYS)
    for attempt in made:
        ledger.add(attempt)
    return ledger


def everything(ledger: Ledger) -> dict[int, list[Attempt]]:
    return {key: ledger.attempts(key) for key in ledger}


def test_gives_back_what_was_added_in_the_order_of_sending() -> None:
    made = attempts(200)
    ledger = filled(made)
    for key in range(3):
        assert ledger.attempts(key) == sorted(
            (attempt for attempt in made if attempt.key == key), key=lambda attempt: attempt.sent
        )
        assert ledger.count(key) == len(ledger.attempts(key))
    assert len(ledger) == 200
    assert list(ledger) == [0, 1, 2]


def test_times_are_those_of_the_attempts() -> None:
    ledger = filled(attempts(200))
    for key in range(3):
        assert sorted(ledger.times(key)) == sorted((a.sent, a.answered, a.status) for a in ledger.attempts(key))


def test_travels_between_processes_unchanged() -> None:
    ledger = filled(attempts(200))
    assert everything(Ledger.load(ledger.dump())) == everything(ledger)
    assert Ledger.load(ledger.dump()).keys == tuple(KEYS)


def test_reads_what_a_machine_of_the_other_byte_order_wrote() -> None:
    ledger = filled(attempts(50))
    dumped = msgspec.msgpack.decode(ledger.dump())
    types = {
        "sent": "d",
        "answered": "d",
        "retry_after": "d",
        "status": "H",
        "error": "H",
        "operation": "H",
        "dated": "B",
    }
    for table in dumped["columns"].values():
        for name, code in types.items():
            column = array(code, table[name])
            column.byteswap()
            table[name] = column.tobytes()
    dumped["byteorder"] = "big" if dumped["byteorder"] == "little" else "little"
    assert everything(Ledger.load(msgspec.msgpack.encode(dumped))) == everything(ledger)


def test_of_three_workers_is_that_of_one() -> None:
    made = attempts(300)
    workers = [filled([attempt for attempt in made if attempt.key == key]) for key in range(3)]
    master = Ledger(KEYS)
    for worker in reversed(workers):
        master.merge(Ledger.load(worker.dump()))
    assert everything(master) == everything(filled(made))


def test_of_one_key_on_two_workers_is_put_in_order() -> None:
    made = attempts(300)
    master = Ledger(KEYS)
    for part in (made[::2], made[1::2]):
        master.merge(filled(part))
    assert everything(master) == everything(filled(made))


def test_can_be_handed_over_bit_by_bit() -> None:
    made = attempts(300)
    worker, master = Ledger(KEYS), Ledger(KEYS)
    for start in range(0, 300, 100):
        for attempt in made[start : start + 100]:
            worker.add(attempt)
        master.merge(Ledger.load(worker.drain()))
        assert len(worker) == 0
    assert everything(master) == everything(filled(made))


def test_of_other_keys_is_not_merged() -> None:
    with pytest.raises(ValueError, match="different lists of keys"):
        Ledger(KEYS).merge(Ledger(KEYS[:2]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        msgspec.msgpack.encode({"format": 1}),
        filled(attempts(5)).dump()[:-20],
    ],
)
def test_takes_nothing_for_a_ledger_that_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a ledger"):
        Ledger.load(data)


def changed(**members: object) -> bytes:
    return msgspec.msgpack.encode({**msgspec.msgpack.decode(filled(attempts(5)).dump()), **members})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (changed(format=99), "another version"),
        (changed(operations=[None]), "do not fit"),
        (changed(keys=[]), "do not fit"),
    ],
)
def test_takes_no_ledger_whose_parts_do_not_fit(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Ledger.load(data)


def test_refuses_what_is_no_attempt() -> None:
    ledger = Ledger(KEYS)
    with pytest.raises(IndexError):
        ledger.add(Attempt(3, "getMe", 0.0, 1.0, 200))
    with pytest.raises(ValueError, match="not an attempt"):
        ledger.add(Attempt(0, "getMe", float("nan"), 1.0, 200))
    assert len(ledger) == 0


def test_a_retry_after_that_is_no_number_of_seconds_is_none() -> None:
    ledger = Ledger(KEYS)
    for wait in (float("inf"), float("nan"), None):
        ledger.add(Attempt(0, "getMe", 0.0, 1.0, 429, wait))
    assert [attempt.retry_after for attempt in ledger.attempts(0)] == [None, None, None]


def test_does_not_grow_with_ever_new_errors() -> None:
    ledger = Ledger(KEYS)
    for index in range(3000):
        ledger.add(Attempt(0, "getMe", float(index), index + 1.0, 0, error=f"error {index} " + "x" * 1000))
    kept = {attempt.error for attempt in ledger.attempts(0)}
    assert len(kept) <= 1001
    assert max(len(error or "") for error in kept) <= 200


def test_takes_about_thirty_bytes_an_attempt() -> None:
    ledger = Ledger(KEYS)
    for attempt in attempts(3000):
        ledger.add(attempt)
    assert len(ledger.dump()) < 3000 * 32 + 1000

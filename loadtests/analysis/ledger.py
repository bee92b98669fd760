"""The ledger of a load test: every request of every API key, exact, in compact columns."""

from __future__ import annotations

import math
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

_FORMAT = 1
REFUSED = 429
_LONGEST_ERROR = 200
_MOST_ERRORS = 1000
_OTHER_ERRORS = "(one of too many different errors)"


class Attempt(NamedTuple):
    """One request of one API key. Times are unix seconds on the target's clock: real time and what it was moved by.

    `sent` is taken just before the first byte is sent, `answered` when the last byte has come. `status` is 0 where no answer
    came, and `error` says why (one line, redacted); with another status it says why the answer is none of the API's.
    `retry_after` is in seconds; `dated` says that it was an HTTP date against the answer's own Date, and so may be a second
    too long (RFC 9110, section 10.2.3).
    """

    key: int
    operation: str
    sent: float
    answered: float
    status: int
    retry_after: float | None = None
    error: str | None = None
    dated: bool = False

    @property
    def admitted(self) -> bool:
        """Whether the limit let it through. A server error does not tell, nor does the answer of a gateway."""
        return 0 < self.status < 500 and self.status != REFUSED and self.error is None

    @property
    def refused(self) -> bool:
        """Whether it was refused for pace."""
        return self.status == REFUSED

    @property
    def served(self) -> bool:
        """Whether it got what it asked for."""
        return self.admitted and self.status < 400

    @property
    def latency(self) -> float:
        """Seconds from sending to the answer."""
        return self.answered - self.sent


_as_attempt: Callable[[Iterable[object]], Attempt] = partial(tuple.__new__, Attempt)
"""Builds an Attempt without the class's own checks, which would take longer than all the rest."""


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as reports may show it (`spec.target.shown`), its organization, and what a scenario uses it for."""

    shown: str
    organization: str
    role: str


@dataclass(slots=True)
class _Columns:
    """The attempts of one key, a column each: texts as indexes, no Retry-After as NaN."""

    sent: array[float] = field(default_factory=lambda: array("d"))
    answered: array[float] = field(default_factory=lambda: array("d"))
    retry_after: array[float] = field(default_factory=lambda: array("d"))
    status: array[int] = field(default_factory=lambda: array("H"))
    error: array[int] = field(default_factory=lambda: array("H"))
    operation: array[int] = field(default_factory=lambda: array("H"))
    dated: array[int] = field(default_factory=lambda: array("B"))

    def columns(self) -> Iterator[tuple[str, array[Any]]]:
        for column in fields(self):
            yield column.name, getattr(self, column.name)


class Ledger:
    """All attempts of a run, by key. 31 bytes an attempt (and at most an eighth of spare room), about 600 bytes a key.

    Every process of a run has a ledger over the same list of keys; merged they hold what one process would have recorded.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = tuple(keys)
        self._columns: dict[int, _Columns] = {}
        self._operations = _Names()
        self._errors = _Names(_MOST_ERRORS, _OTHER_ERRORS)

    def __len__(self) -> int:
        """How many attempts the ledger holds."""
        return sum(len(columns.sent) for columns in self._columns.values())

    def __iter__(self) -> Iterator[int]:
        """The indexes of the keys that were used, in the order of the list of keys."""
        return iter(sorted(self._columns))

    def add(self, attempt: Attempt) -> None:
        """Note an attempt. Raises IndexError for a key that the run does not have, ValueError for impossible figures."""
        if not 0 <= attempt.key < len(self.keys):
            raise IndexError(f"no such key: {attempt.key}")
        if not (math.isfinite(attempt.sent) and math.isfinite(attempt.answered) and 0 <= attempt.status <= 999):
            raise ValueError(f"not an attempt: {attempt}")
        columns = self._of(attempt.key)
        columns.sent.append(attempt.sent)
        columns.answered.append(max(attempt.sent, attempt.answered))
        columns.retry_after.append(_usable(attempt.retry_after))
        columns.status.append(attempt.status)
        columns.error.append(self._errors.index(attempt.error and attempt.error[:_LONGEST_ERROR]))
        columns.operation.append(self._operations.index(attempt.operation))
        columns.dated.append(attempt.dated)

    def attempts(self, key: int) -> list[Attempt]:
        """The attempts of a key in the order in which they were sent, by all processes. Empty for an unused key."""
        columns = self._columns.get(key)
        if columns is None:
            return []
        rows = list(
            map(
                _as_attempt,
                zip(
                    repeat(key),
                    map(self._operations.names.__getitem__, columns.operation),
                    columns.sent,
                    columns.answered,
                    columns.status,
                    [None if wait != wait else wait for wait in columns.retry_after],
                    map(self._errors.names.__getitem__, columns.error),
                    map(bool, columns.dated),
                    strict=False,
                ),
            )
        )
        # More than the time of sending, so that the order does not depend on the order of arrival.
        rows.sort(
            key=itemgetter(*(Attempt._fields.index(name) for name in ("sent", "answered", "status", "operation")))
        )
        return rows

    def times(self, key: int) -> Iterator[tuple[float, float, int]]:
        """When each attempt of a key was sent and answered, and with which status, in no order: cheaper than `attempts`.

        The status is 0 where no answer came, or none of the API's.
        """
        columns = self._columns.get(key) or _Columns()
        statuses = (0 if error else status for status, error in zip(columns.status, columns.error, strict=True))
        return zip(columns.sent, columns.answered, statuses, strict=True)

    def statuses(self) -> Counter[int]:
        """How many attempts were answered with each status."""
        counts: Counter[int] = Counter()
        for columns in self._columns.values():
            counts.update(columns.status)
        return counts

    def count(self, key: int) -> int:
        """How many attempts a key made."""
        columns = self._columns.get(key)
        return len(columns.sent) if columns else 0

    def span(self, key: int) -> tuple[float, float]:
        """When a key's first attempt was sent and its last one answered. Raises KeyError for an unused key."""
        columns = self._columns[key]
        return min(columns.sent), max(columns.answered)

    def merge(self, other: Ledger) -> None:
        """Add all attempts of another process's ledger. Raises ValueError if it is over other keys."""
        if other.keys != self.keys:
            raise ValueError("the ledgers are over different lists of keys")
        errors = [self._errors.index(name) for name in other._errors.names]
        operations = [self._operations.index(name) for name in other._operations.names]
        for key, theirs in other._columns.items():
            ours = self._of(key)
            for name, column in theirs.columns():
                if name in ("error", "operation"):
                    table = errors if name == "error" else operations
                    column = array("H", [table[index] for index in column])
                getattr(ours, name).extend(column)

    def drain(self) -> bytes:
        """Dump the ledger and empty it, for a worker that reports at intervals."""
        data = self.dump()
        self._columns.clear()
        return data

    def dump(self) -> bytes:
        """The ledger as msgpack, for another process."""
        columns = {
            key: {name: column.tobytes() for name, column in table.columns()} for key, table in self._columns.items()
        }
        return msgspec.msgpack.encode(
            _Dumped(
                _FORMAT,
                sys.byteorder,
                [asdict(key) for key in self.keys],
                self._operations.names,
                self._errors.names,
                columns,
            )
        )

    @staticmethod
    def load(data: bytes) -> Ledger:
        """A ledger from another process. Raises ValueError for anything that is not one."""
        try:
            dumped = msgspec.msgpack.decode(data, type=_Dumped)
            ledger = Ledger([Key(**key) for key in dumped.keys])
            ledger._fill(dumped)
        except (msgspec.MsgspecError, KeyError, TypeError) as error:
            raise ValueError(f"not a ledger: {error}") from None
        return ledger

    def _fill(self, dumped: _Dumped) -> None:
        if dumped.format != _FORMAT:
            raise ValueError(f"a ledger of another version: {dumped.format}")
        self._operations.names[:] = dumped.operations
        self._errors.names[:] = dumped.errors
        for key, table in dumped.columns.items():
            columns = self._of(key)
            for name, column in columns.columns():
                column.frombytes(table[name])
                if dumped.byteorder != sys.byteorder:
                    column.byteswap()
            if not 0 <= key < len(self.keys) or not self._whole(columns):
                raise ValueError(f"not a ledger: the columns of key {key} do not fit")

    def _whole(self, columns: _Columns) -> bool:
        lengths = {len(column) for _, column in columns.columns()}
        known = max(columns.operation, default=0) < len(self._operations.names)
        return len(lengths) == 1 and known and max(columns.error, default=0) < len(self._errors.names)

    def _of(self, key: int) -> _Columns:
        columns = self._columns.get(key)
        if columns is None:
            columns = self._columns[key] = _Columns()
        return columns


def _usable(retry_after: float | None) -> float:
    return math.nan if retry_after is None or not math.isfinite(retry_after) else retry_after


class _Dumped(msgspec.Struct, frozen=True):
    format: int
    byteorder: str
    keys: list[dict[str, str]]
    operations: list[str | None]
    errors: list[str | None]
    columns: dict[int, dict[str, bytes]]


class _Names:
    """Texts that repeat, each kept once. Beyond `most` of them, a new one counts as `other`."""

    def __init__(self, most: int = 0xFFFF, other: str = "") -> None:
        self.names: list[str | None] = [None]
        self._most = most
        self._other = other
        self._indexes: dict[str | None, int] = {None: 0}

    def index(self, name: str | None) -> int:
        if len(self._indexes) != len(self.names):
            self._indexes = {known: index for index, known in enumerate(self.names)}
        found = self._indexes.get(name)
        if found is None:
            if len(self.names) >= self._most and name != self._other:
                return self.index(self._other)
            found = self._indexes[name] = len(self.names)
            self.names.append(name)
        return found

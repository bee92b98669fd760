"""The records of a grade: the requests of a client with their answers, run by run, and the judgements of rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl

from mockserver.grading.facts import LIST_PARAMETERS, Asked, asked, parameter_names

PLAIN = "plain"
"""The name of the run without a hardship."""

CERTIFIED = "well-certified"
"""The name of the run over TLS with a certificate that verifies. The other trials over TLS are compared with it."""

RECEIVER = "receiver"
"""The name of the run in which deliveries are sent to the command."""

_MOST_FIELDS = 1_000

Ending = Literal["exited", "timed-out", "interrupted", "recorded"]
"""How a run ended. `recorded`: it was read from a file, and nothing is known of the command."""


@dataclass(frozen=True, slots=True)
class ListKey:
    """A list as a client walks it: the operation, its filters in alphabetical order, the organization."""

    operation: str
    filters: tuple[tuple[str, str], ...]
    organization: str | None

    def __str__(self) -> str:
        filters = "&".join(f"{name}={value}" for name, value in self.filters)
        return f"{self.operation} with {filters}" if filters else self.operation


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. Times are seconds since the run began, by a clock that is never moved.

    `began` and `sent`: when the first and the last byte of the request arrived. `answered` and `ended`: when the first and the
    last byte of the answer were sent. Without an answer, `answered` is None and `ended` is when the connection ended.
    `ended` is infinite if a recording does not tell how long the answer took.
    `complete` says whether the whole answer was sent. `connection` numbers the connections, from 1; 0 if it is not known.
    `opened` is when that connection was opened; None if it is not known. `open_at_once` is how many connections were open then,
    this one among them; 1 if it is not known.
    `key` is the id of the key that is presented as a bearer token, `organization` that key's; both are None without a known key.
    `leaks` names the places beside it in which a key was found.
    `cursor` is the one that was sent, decoded, `next_cursor` the one that the answer gives; None if there is none.
    `items` is how many items a page holds, None if the answer is no page.
    `mark` names what a trial did to the exchange, if anything. `origin` is what stood before `/api/v1` in a recording's URL.
    """

    number: int
    method: str
    path: str
    query_string: str
    began: float
    sent: float
    answered: float | None
    ended: float
    connection: int = 1
    opened: float | None = None
    open_at_once: int = 1
    status: int | None = None
    complete: bool = True
    key: str | None = None
    organization: str | None = None
    leaks: tuple[str, ...] = ()
    next_cursor: str | None = None
    items: int | None = None
    mark: str | None = None
    origin: str = ""
    request_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def target(self) -> str:
        """The path with the query string, as they came."""
        return f"{self.path}?{self.query_string}" if self.query_string else self.path

    @property
    def alike(self) -> tuple[str, str, str]:
        """What it has in common with a request that repeats it."""
        return self.origin, self.method, self.target

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's parameters, decoded, in their order. If there are very many, only the first ones count."""
        fields = self.query_string.split("&", _MOST_FIELDS)[:_MOST_FIELDS]
        return tuple(parse_qsl("&".join(fields), keep_blank_values=True))

    @cached_property
    def cursor(self) -> str | None:
        """The cursor that was sent, decoded."""
        return next((value for name, value in self.query if name == "cursor"), None)

    @cached_property
    def asked(self) -> Asked | None:
        """The documented operation that was asked, None if there is none."""
        return asked(self.path)

    @cached_property
    def list_key(self) -> ListKey | None:
        """The list of which a page is asked for; None if it is another request."""
        if not self.asked or not self.asked.operation.is_list:
            return None
        documented = parameter_names(self.operation)
        filters = sorted(pair for pair in self.query if pair[0] in documented and pair[0] not in LIST_PARAMETERS)
        return ListKey(self.operation, tuple(filters), self.organization)

    @property
    def operation(self) -> str:
        """The id of the documented operation that was asked, empty if there is none."""
        return self.asked.operation.id if self.asked else ""

    @property
    def known_until(self) -> float:
        """When it ended; when it began if that is not known."""
        return self.ended if math.isfinite(self.ended) else self.began

    @property
    def is_page(self) -> bool:
        """Whether a whole page was served."""
        return self.status == 200 and self.complete and self.items is not None

    @property
    def failed(self) -> bool:
        """Whether the client did not get what it asked for."""
        return self.status is None or self.status >= 400 or not self.complete

    def header(self, name: str) -> str | None:
        """The value of the answer's first header of that lower-case name."""
        return next((value for found, value in self.headers if found.lower() == name), None)


@dataclass(frozen=True)
class Run:
    """One run of the command. `trial` is `plain` or the trial's name, `plain` the plain run that a trial is compared with.

    `exit_code` is None if it is not known. `changes` are the times at which the mock's data was changed through its control API.
    `elsewhere` are the requests to another origin. `cursors` are those that earlier runs were given. `seconds` is its duration.
    `given_to_others` are cursors that other clients were given meanwhile, each with its list; only a log has them.
    `unseen_from` is when a recording first leaves out a page that the client may have been given.
    `unrecorded` is how many requests came after those in `exchanges`, when the record was full.
    """

    trial: str
    exchanges: tuple[Exchange, ...]
    exit_code: int | None = 0
    ending: Ending = "exited"
    seconds: float = 0.0
    changes: tuple[float, ...] = ()
    elsewhere: tuple[Exchange, ...] = ()
    cursors: frozenset[str] = frozenset()
    plain: Run | None = None
    probes: tuple[Probe, ...] = ()
    given_to_others: frozenset[tuple[str, ListKey]] = frozenset()
    unseen_from: float = math.inf
    unrecorded: int = 0

    @property
    def is_recording(self) -> bool:
        """Whether the run was read from a file, in which bodies, connections or earlier requests may be missing."""
        return self.ending == "recorded"

    @property
    def is_whole(self) -> bool:
        """Whether the command ended by itself, and all its requests were recorded."""
        return self.ending == "exited" and not self.unrecorded

    @property
    def ended_with_error(self) -> bool | None:
        """Whether the command's exit code shows an error of this run; None if that is not known."""
        if self.exit_code is None or not self.is_whole:
            return None
        if self.exit_code == 0:
            return False
        return True if self.plain is None or self.plain.exit_code == 0 else None


@dataclass(frozen=True)
class Probe:
    """One delivery to the receiver. `requirement` is the id that it shows, `good` whether it must be accepted.

    `status` is None if no answer came; `seconds` is how long the answer took, `error` says why there was none.
    """

    number: int
    requirement: str
    name: str
    good: bool
    status: int | None
    seconds: float
    error: str = ""
    after_good: bool = True
    """Whether its good sibling, sent just before, was accepted."""

    may_hang_up: bool = False
    """Whether ordinary servers close the connection of such a delivery, so that no answer is no crash."""


@dataclass(frozen=True)
class Finding:
    """A proof that a requirement is broken: the numbers of the requests in their run, and a sentence."""

    numbers: tuple[int, ...]
    message: str


@dataclass(frozen=True)
class Judgement:
    """The judgement of one run by a rule. `exercised` says whether the run tried the requirement at all."""

    exercised: bool
    findings: tuple[Finding, ...] = ()

    @property
    def status(self) -> Status:
        """Broken if there is a finding, not seen if the run did not show it."""
        if self.findings:
            return "broken"
        return "kept" if self.exercised else "not-seen"


Status = Literal["kept", "broken", "not-seen"]

"""Two organizations taking turns at the API, in an order that Hypothesis chooses (TENANT-6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

import spec
from conformance.cases.dataset import Dataset, next_cursor
from conformance.cases.filters import asked_of
from conformance.cases.properties import PropertyRun, bounded
from conformance.checks import sound
from conformance.oracles.ownership import Identity, private
from conformance.target.exchange import Exchange

# Small pages, so that a short list has several.
LIMIT = 3
_EXAMPLES = 2
_FILTERED = [
    (operation, name)
    for operation in ("listContacts", "listDrafts", "listEvents")
    for name in spec.contract().operations[operation].filters
    if name != "q"
]


@dataclass
class Party:
    """An organization that takes turns: what it holds, what is foreign to it, and where its walks stand."""

    dataset: Dataset
    others: frozenset[Identity]
    cursors: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, operation: str, **parameters: Any) -> Exchange:
        """Ask an operation, and expect an answer without foreign data. Raises Violation, NotJudged, NoAnswer."""
        return sound(private(self.dataset.caller.get(operation, **parameters), self.others))

    def look_for(self, operation: str, id_: str, times: int) -> None:
        """Ask for a resource several times, one's own or not; it is shown to its owner alone. Raises Violation, NoAnswer."""
        for _ in range(times):
            private(self.dataset.caller.get(operation, id=id_), self.others)

    def page(self, operation: str, cursor: str | None = None) -> None:
        """Ask for a page, and remember its cursor."""
        following = next_cursor(self.ask(operation, limit=LIMIT, cursor=cursor))
        if following:
            self.cursors.append((operation, following))


class _Turns(RuleBasedStateMachine):
    """Each step is the next party's."""

    parties: ClassVar[Sequence[Party]]
    trial: ClassVar[PropertyRun]

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0
        for party in self.parties:
            party.cursors.clear()

    @property
    def party(self) -> Party:
        """Whose turn it is."""
        return self.parties[self.taken % len(self.parties)]

    def act(self, step: Callable[[Party], object]) -> None:
        """Take the turn."""
        party, self.taken = self.party, self.taken + 1
        self.trial.step(lambda: step(party))

    @rule()
    def who_am_i(self) -> None:
        """Ask for the organization."""
        self.act(lambda party: party.ask("getMe"))

    @rule()
    def walk(self) -> None:
        """Ask for the page behind the last one, or begin with the contacts: what Hypothesis tries first."""
        self.act(lambda party: party.page(*(party.cursors[-1] if party.cursors else ("listContacts",))))

    @rule(operation=st.sampled_from(spec.LIST_OPERATIONS))
    def begin_a_walk(self, operation: str) -> None:
        """Ask for a list's first page."""
        self.act(lambda party: party.page(operation))

    @precondition(lambda self: self.party.cursors)
    @rule(data=st.data())
    def use_an_old_cursor(self, data: st.DataObject) -> None:
        """Ask for some page once more."""
        known = data.draw(st.sampled_from(self.party.cursors))
        self.act(lambda party: party.page(*known))

    @rule(operation=st.sampled_from(sorted(spec.ITEM_OPERATIONS)))
    def get_one(self, operation: str) -> None:
        """Ask for a resource by its id."""
        self.act(lambda party: party.ask(operation, id=party.dataset.one(spec.ITEM_OPERATIONS[operation])["id"]))

    @rule(filtered=st.sampled_from(_FILTERED))
    def filter_a_list(self, filtered: tuple[str, str]) -> None:
        """Ask for a list, filtered by a value of one of its items."""
        self.act(lambda party: _filter(party, *filtered))


def take_turns(parties: Sequence[Party], steps: int, number: int) -> None:
    """Let the parties act in turn for at most `steps` steps, chosen with `number` as seed. Raises what a step raises."""
    trial = PropertyRun()
    machine = type("Turns", (_Turns,), {"parties": parties, "trial": trial})
    with suppress(Flaky):
        run_state_machine_as_test(seed(number)(machine), settings=bounded(_EXAMPLES, steps // _EXAMPLES))
    trial.conclude()


def _filter(party: Party, operation: str, name: str) -> None:
    values = asked_of(name, party.dataset.one(operation))
    party.ask(operation, limit=LIMIT, **({name: values[0]} if values else {}))

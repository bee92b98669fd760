"""Runs of a client, made by hand: requests one after the other, with their answers and times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mockserver.grading.records import Exchange, Judgement, Probe, Run
from mockserver.grading.rules import judge
from spec.client_requirements import client_requirements

CONTACTS = "/api/v1/contacts"
LISTS = "/api/v1/lists"
ME = "/api/v1/me"
BEARER = (("authorization", "Bearer obk_live_secret"),)
MUSTS = frozenset(requirement.id for requirement in client_requirements() if requirement.level == "must")


class Story:
    """A client's requests in their order. Each begins `wait` seconds after the one before has been answered."""

    def __init__(self, trial: str = "plain", plain: Run | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self._last = 0.0
        self._trial = trial
        self._plain = plain

    def ask(
        self, target: str, status: int | None = 200, *, wait: float = 0.1, at: float | None = None, **more: Any
    ) -> Story:
        """Add a request; `at` is when it begins, if that does not follow from `wait`."""
        began = self._last + wait if at is None else at
        path, _, query = target.partition("?")
        exchange = Exchange(
            number=len(self.exchanges) + 1,
            method="GET",
            path=path,
            query_string=query,
            began=began,
            sent=began,
            answered=None if status is None else began + 0.01,
            ended=began + 0.02,
            status=status,
            complete=status is not None,
            key="key_1",
            organization="org_1",
            request_headers=BEARER,
        )
        self.exchanges.append(replace(exchange, **more))
        self._last = max(self._last, self.exchanges[-1].ended)
        return self

    def page(self, target: str, items: int, following: str | None = None, **more: Any) -> Story:
        """Add a request that is answered with a page."""
        return self.ask(target, items=items, next_cursor=following, **more)

    def refused(self, target: str, wait_for: float = 5, **more: Any) -> Story:
        """Add a request that is answered with 429."""
        return self.ask(target, 429, headers=(("retry-after", f"{wait_for:g}"),), **more)

    def run(self, **changes: Any) -> Run:
        """The run so far."""
        return replace(Run(self._trial, tuple(self.exchanges), plain=self._plain), **changes)

    def judged(self, requirement: str, **changes: Any) -> Judgement:
        """The findings of a rule about the run."""
        return judge(self.run(**changes))[requirement]


def broken_musts(run: Run) -> set[str]:
    """The ids of the musts that a run breaks."""
    return {name for name, judgement in judge(run).items() if judgement.status == "broken" and name in MUSTS}


def probe(requirement: str, status: int | None, *, good: bool, **more: Any) -> Probe:
    """A delivery that was answered with that status."""
    return replace(Probe(1, requirement, "a delivery", good, status, 0.1), **more)

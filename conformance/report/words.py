"""The verdict in words, the same in every report."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.outcome import EXIT_CONFORMANT, EXIT_USAGE
from conformance.plural import counted
from conformance.report.record import Run
from conformance.report.text import visible
from conformance.verdict.exit_code import exit_code
from conformance.verdict.ledger import Ledger, Ruling

_MOST_NAMES = 5

STATES = {
    "passed": "passed",
    "broken": "broken",
    "known": "known violation",
    "should": "should broken",
    "untested": "not tested",
}
"""The states of a requirement, in words: a `should` that is broken, like what is `known`, does not fail the run."""

MEANING = {
    "conformant": "Everything that was asked was kept.",
    "partial": "Nothing that binds was found broken, but not everything could be tested.",
    "non-conformant": "At least one requirement that binds is broken.",
    "unreachable": "The target could not be judged.",
}

_NO_CHECK = "No check was run: pytest's own options (-k, -m, --deselect) left out all of them."


def state(ruling: Ruling, ledger: Ledger) -> str:
    """The state of a requirement: `passed`, `untested`, `broken`, or broken without failing the run (`known`, `should`)."""
    if ruling.status == "passed":
        return "passed"
    if ruling.status == "not-tested":
        return "untested"
    if ruling.known:
        return "known"
    return "broken" if ledger.fails(ruling.requirement) else "should"


def tally(run: Run) -> dict[str, int]:
    """The number of requirements in each state; states without requirements are left out."""
    states = [state(ruling, run.ledger) for ruling in run.ledger.rulings()]
    return {name: states.count(name) for name in STATES if name in states}


def told(name: str, count: int) -> str:
    """A number of requirements in a state, in words: `2 known violations`."""
    if name == "known":
        return counted(count, "known violation")
    return f"{counted(count, 'should')} broken" if name == "should" else f"{count} {STATES[name]}"


def headline(run: Run) -> str:
    """The verdict's figures: `66 of 69 requirements passed, 2 broken, 1 not tested`."""
    counts = tally(run)
    passed = f"{counts.get('passed', 0)} of {counted(sum(counts.values()), 'requirement')} passed"
    return ", ".join([passed, *(told(name, count) for name, count in counts.items() if name != "passed")])


def shown_verdict(ledger: Ledger) -> str:
    """The verdict as it is printed. A target may be reached, and yet nothing may be judged."""
    verdict = ledger.verdict()
    if verdict != "unreachable":
        return verdict
    if not ledger.unfit:
        return f"not judged: {'no check was run' if ledger.left_out else 'no requirement could be judged'}"
    refused = ledger.unfit_exit == EXIT_USAGE
    return f"{verdict}: the target answers, but refuses an API key" if refused else verdict


def but(run: Run) -> str:
    """Why a run fails though its verdict finds nothing broken; empty if the verdict explains the exit code."""
    if run.ledger.verdict() not in ("conformant", "partial") or exit_code(run.ledger) == EXIT_CONFORMANT:
        return ""
    if run.ledger.outdated():
        return "known violations are out of date"
    if run.ledger.crashed:
        return "a check itself broke"
    return "something else of this session failed"


def remarks(run: Run) -> list[str]:
    """Sentences that a reader of the verdict needs."""
    return [*_on_the_scope(run.ledger), *_on_the_exit_code(run.ledger)]


def _on_the_scope(ledger: Ledger) -> list[str]:
    lines = []
    if ledger.unfit:
        lines.append(visible(f"Could not be judged: {ledger.unfit}"))
    elif ledger.verdict() == "unreachable":
        lines.append(_NO_CHECK if ledger.left_out else "Not a single requirement could be judged.")
    if ledger.cut_short:
        lines.append("Interrupted: the report has what was judged before that.")
    if ledger.safe:
        lines.append("A safe run (--safe): no write, nothing malformed, no limit spent. It is partial at best.")
    if ledger.only is not None:
        asked = counted(len(ledger.only), "requirement")
        lines.append(
            f"Only {asked} selected with --only; requirements of every answer were judged on the answers of this run alone."
        )
    return lines


def _on_the_exit_code(ledger: Ledger) -> list[str]:
    lines = [f"A known violation is out of date, which fails the run: {line}." for line in ledger.outdated()]
    if ledger.crashed:
        lines.append(
            "A check itself broke, which says nothing of the target, and fails the run: its requirement is not tested."
        )
    if ledger.failed_elsewhere:
        lines.append(
            visible(f"Something beside the checks failed, which fails the run: {_first(ledger.failed_elsewhere)}.")
        )
    if ledger.require_all and any(ruling.status == "not-tested" for ruling in ledger.rulings()):
        lines.append("What was not tested fails the run (--require-all).")
    return lines


def _first(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")

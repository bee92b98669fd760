"""The exit code of a run, from the results of its checks."""

from __future__ import annotations

from conformance.outcome import EXIT_BROKEN, EXIT_CONFORMANT, EXIT_NOT_JUDGED
from conformance.verdict.ledger import Ledger


def exit_code(ledger: Ledger) -> int:
    """0 conformant or partial, 1 broken or a known violation is out of date, 3 could not be judged.

    A crashed check has judged nothing, and must not look like success. If something else in the session failed, the code is the
    worse of the two.
    """
    own = _of_checks(ledger)
    return max(own, EXIT_BROKEN) if ledger.failed_elsewhere else own


def _of_checks(ledger: Ledger) -> int:
    if ledger.unfit:
        return ledger.unfit_exit
    verdict = ledger.verdict()
    if verdict == "unreachable":
        return EXIT_NOT_JUDGED
    if verdict == "non-conformant" or ledger.outdated():
        return EXIT_BROKEN
    return EXIT_NOT_JUDGED if ledger.crashed else EXIT_CONFORMANT

"""The checks: what a ledger of attempts proves of a target, and what it cannot. Pure: a ledger in, findings out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from conformance.rate_limits.timeline import Timeline
from loadtests.analysis import limits, rate_reading, retry_after_checks, service_quality
from loadtests.analysis.findings import Check, Conditions, Examination, Finding
from loadtests.analysis.ledger import Ledger
from loadtests.analysis.rate_reading import Followed
from loadtests.analysis.rules import CheckResult, KeyCheck, LimitRules
from spec import Level

_BEST = "{held} keys held, and these are the figures of the key that shows it best"
_MOST_TOLD = 5
"""The most keys that get a finding of their own for a broken check."""
_NOT_OF_ABUSERS: frozenset[Check] = frozenset({"no-refusals"})
"""Checks that are not made on an abuser's key: it does not keep to its limit."""

_KEY_CHECKS: Mapping[Check, tuple[KeyCheck, str, Level]] = {
    "burst-ceiling": (
        limits.burst_ceiling,
        "No window of {window} s holds more than {burst} requests of one key",
        "must",
    ),
    "minute-ceiling": (limits.minute_ceiling, "{minute_ceiling}", "must"),
    "just-refusals": (limits.just_refusals, "No key is refused while it has room", "must"),
    "no-refusals": (limits.no_refusals, "A key that keeps to {per_minute} a minute is never refused", "must"),
    "from-rest": (limits.from_rest, "A rested key is served {rested} requests within {soon} s", "must"),
    "refused-beyond": (limits.refused_beyond, "Beyond its limit a key is refused", "must"),
    "retry-after": (retry_after_checks.retry_after, "Every refusal says when to come back, within a minute", "must"),
    "recovery": (retry_after_checks.recovery, "A client that waits as long as Retry-After says is served", "must"),
    "patience": (retry_after_checks.patience, "A refused request costs a key nothing", "should"),
    "sustained-rate": (
        retry_after_checks.sustained_rate,
        "Asking for more, a key still gets {per_minute} a minute",
        "should",
    ),
}
_RUN_CHECKS: Mapping[Check, tuple[Callable[[Ledger, Conditions], CheckResult], str, Level]] = {
    "no-server-errors": (
        lambda ledger, _: service_quality.no_server_errors(ledger),
        "No answer is a server error, or none of the API's",
        "must",
    ),
    "answered": (service_quality.answered, "Every request is answered", "must"),
    "cheap-refusals": (
        lambda ledger, _: service_quality.cheap_refusals(ledger),
        "A refusal takes no longer than serving",
        "must",
    ),
    "neighbours": (service_quality.neighbours, "While one key abuses the API, others are served as before", "must"),
    "breaking-point": (service_quality.breaking_point, "How much of a crowd the target bears", "must"),
}
TIMED: frozenset[Check] = frozenset({"cheap-refusals", "neighbours", "breaking-point"})
"""Checks that compare latencies or throughput: they say nothing if the generator was at its limit."""


def examine(ledger: Ledger, wanted: Sequence[Check], conditions: Conditions) -> Examination:
    """Run the wanted checks in order and return their findings: at least one for each check, more if several keys break it.

    Under `auto` the ledger decides which reading applies. If it fits neither, the checks judge what both readings ask for. If
    nothing was answered, or every answer was a server error, all findings are unjudged.
    """
    reading = conditions.limits.reading
    bound = "auto" if reading == "off" else reading
    followed = (
        rate_reading.followed(ledger, conditions) if bound == "auto" or "reading" in wanted else Followed(bound, {})
    )
    rules = LimitRules(conditions, followed.reading if bound == "auto" else bound)
    why = _hopeless(ledger)
    if why:
        return Examination(
            tuple(Finding(check, _claim(check, rules), "unjudged", why) for check in wanted), conditions.limits
        )
    results = _by_key(ledger, [check for check in wanted if check in _KEY_CHECKS], rules)
    findings: list[Finding] = []
    for check in wanted:
        if check == "reading":
            findings.append(_reading(followed, rules))
        elif check in _RUN_CHECKS:
            findings.append(_finding(check, rules, _RUN_CHECKS[check][0](ledger, conditions)))
        else:
            findings += _told(check, rules, results[check])
    return Examination(tuple(findings), conditions.limits, rules.reading, fixed=followed.fixed)


def _hopeless(ledger: Ledger) -> str | None:
    """The reason why nothing can be judged; None if something can."""
    statuses = ledger.statuses()
    if not statuses:
        return "no request was sent"
    if set(statuses) == {0}:
        return service_quality.answered(ledger, Conditions()).message
    if min(status for status in statuses if status) >= 500:
        return f"every answer was a server error ({max(statuses, key=statuses.__getitem__)})"
    return None


def _by_key(ledger: Ledger, wanted: Collection[Check], rules: LimitRules) -> dict[Check, list[tuple[int, CheckResult]]]:
    results: dict[Check, list[tuple[int, CheckResult]]] = {check: [] for check in wanted}
    for key in ledger if wanted else ():
        timeline = Timeline(ledger.attempts(key))
        for check in wanted:
            if check not in _NOT_OF_ABUSERS or ledger.keys[key].role != service_quality.ABUSER:
                results[check].append((key, _KEY_CHECKS[check][0](timeline, rules)))
    return results


def _told(check: Check, rules: LimitRules, results: Sequence[tuple[int, CheckResult]]) -> list[Finding]:
    """A finding for each key that broke the check, worst first, at most a few; else one finding for all keys."""
    broken = sorted(
        ((key, result) for key, result in results if result.outcome == "broken"), key=lambda pair: -pair[1].weight
    )
    findings = [_finding(check, rules, result, key) for key, result in broken[:_MOST_TOLD]]
    if len(broken) > _MOST_TOLD:
        rest = CheckResult("broken", f"and {len(broken) - _MOST_TOLD} further keys")
        findings.append(_finding(check, rules, rest))
    if findings:
        return findings
    held = [(key, result) for key, result in results if result.outcome == "held"]
    telling = max(held or results, key=lambda pair: pair[1].weight, default=None)
    if telling is None:
        return [Finding(check, _claim(check, rules), "unjudged", "no key was used", _level(check))]
    key, result = telling
    finding = _finding(check, rules, result, key if len(results) == 1 else None)
    return [_of_several(finding, len(held), len(results)) if len(results) > 1 else finding]


def _of_several(finding: Finding, held: int, total: int) -> Finding:
    which = {0: f"all {total} keys", 1: f"one of {total} keys"}.get(held, _BEST.format(held=held))
    if 1 < held < total:
        which += f"; {total - held} could not be judged"
    return Finding(
        finding.check,
        finding.claim,
        finding.outcome,
        f"{finding.message} ({which})",
        finding.level,
        figures={**finding.figures, "keys": held or total},
    )


def _reading(followed: Followed, rules: LimitRules) -> Finding:
    """Should: a target follows one of the readings. One that follows neither is judged by what both ask for."""
    bound = rules.conditions.limits.reading
    claim = _claim("reading", rules)
    if bound != "auto":
        wrong = followed.against.get(bound)
        if wrong:
            return Finding("reading", claim, "broken", f"not {bound}: {wrong}")
        return Finding("reading", claim, "unjudged" if followed.reading is None else "held", str(followed))
    return Finding(
        "reading",
        claim,
        "unjudged" if followed.reading is None else "broken" if followed.reading == "neither" else "held",
        str(followed),
        "should",
    )


def _finding(check: Check, rules: LimitRules, result: CheckResult, key: int | None = None) -> Finding:
    return Finding(
        check,
        _claim(check, rules),
        result.outcome,
        result.message,
        _level(check),
        key,
        result.evidence,
        result.figures,
    )


def _level(check: Check) -> Level:
    return (_KEY_CHECKS.get(check) or _RUN_CHECKS[check])[2]


def _claim(check: Check, rules: LimitRules) -> str:
    """The sentence that a check tries, with the figures of the limits."""
    bound = rules.conditions.limits
    if check == "reading":
        return (
            "The limits follow a reading of the documentation"
            if bound.reading == "auto"
            else f"The limits follow the reading “{bound.reading}”"
        )
    if check == "minute-ceiling" and rules.reading != "strict":
        return f"Over any span a key gets at most {bound.burst} and {bound.per_minute} a minute"
    if check == "minute-ceiling":
        return f"No minute holds more than {bound.per_minute} requests of one key"
    return (_KEY_CHECKS.get(check) or _RUN_CHECKS[check])[1].format(
        window=bound.burst_window,
        burst=bound.burst,
        per_minute=bound.per_minute,
        rested=rules.from_rest.most,
        soon=f"{rules.from_rest.seconds:.0f}",
    )

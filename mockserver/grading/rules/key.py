"""KEY: how the key is sent, and to whom (documentation, "Authentication"; RFC 6750)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mockserver.grading.records import Exchange, Finding, Judgement, Run
from mockserver.grading.rules.rule import counted, judged, rule, shown
from mockserver.grading.sequences import in_turn, is_told, repetitions

UNTRUSTED = ("wrong-host", "expired-certificate", "unknown-authority")


@rule("KEY-1")
def in_the_authorization_header(run: Run) -> Judgement:
    """The key is found in the Authorization header, as a bearer token, and in no other place."""
    findings = [
        Finding((exchange.number,), f"{shown(exchange)} has the key in {', '.join(exchange.leaks)}")
        for exchange in run.exchanges
        if exchange.leaks
    ]
    asked = [exchange for exchange in run.exchanges if exchange.asked and exchange.method != "OPTIONS"]
    # Browsers do not record credentials. And in a trial, a test suite may end at a request that has no key on purpose.
    plain = run.plain.exchanges if run.plain else ()
    has_none = not any(_authorization(exchange) for exchange in (*asked, *plain))
    if asked and not findings and not run.is_recording and has_none:
        numbers = tuple(exchange.number for exchange in asked[:3])
        findings = [
            Finding(numbers, f"none of {counted(len(asked), 'request')} to the API has an Authorization header")
        ]
    return judged(any(exchange.key for exchange in run.exchanges), findings)


@rule("KEY-2")
def not_to_another_origin(run: Run) -> Judgement:
    """A redirect to another port of this machine is not followed with the key."""
    findings = [
        Finding((_redirect(run),), f"the key was sent to another origin, by {shown(exchange)} there")
        for exchange in run.elsewhere
        if exchange.key or exchange.leaks
    ]
    return judged(any(exchange.mark == "redirected" for exchange in run.exchanges), findings)


@rule("KEY-3")
def refusals_are_not_repeated(run: Run) -> Judgement:
    """The same request is refused with 401 or 403 twice at the most."""
    groups = repetitions(exchange for exchange in run.exchanges if exchange.status in (401, 403))
    return judged(any(map(is_told, groups)), _repeated(groups))


@rule("KEY-4")
def not_to_an_untrusted_server(run: Run) -> Judgement:
    """No key is sent to a server whose certificate does not verify. Seen only if the server with a valid one was asked."""
    trusts = run.plain is not None and any(exchange.key for exchange in run.plain.exchanges)
    findings = [
        Finding((exchange.number,), f"{shown(exchange)} was sent with the key, though the certificate does not verify")
        for exchange in run.exchanges
        if exchange.key or exchange.leaks
    ]
    return judged(trusts and run.trial in UNTRUSTED, findings if trusts else ())


def _authorization(exchange: Exchange) -> bool:
    return any(name.lower() == "authorization" for name, _ in exchange.request_headers)


def _redirect(run: Run) -> int:
    return next((exchange.number for exchange in run.exchanges if exchange.mark == "redirected"), 0)


def _repeated(groups: Iterable[Sequence[Exchange]]) -> Iterator[Finding]:
    for group in groups:
        turns = in_turn(group)
        if len(turns) > 2:
            numbers = tuple(exchange.number for exchange in turns)
            yield Finding(
                numbers, f"{shown(turns[0])} was refused with {turns[0].status} and sent unchanged {len(turns)} times"
            )

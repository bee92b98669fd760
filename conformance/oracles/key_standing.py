"""Whether a failure says something about the API, or only that a key stopped working or exceeded its rate limit.

An answer 429, or a 401 to a key that was served before, is never evidence against a requirement of something else.
"""

from __future__ import annotations

from conformance.outcome import NotJudged, Violation
from conformance.target.client import Client, NoAnswer, target
from conformance.target.exchange import Credential, Exchange, Request

# Families for which such answers are evidence: they judge the limit itself, or the form of every error.
_ABOUT_REFUSALS = ("RATE", "ERROR", "HOOK")


def reconsidered(violation: Violation, requirement: str, client: Client) -> Violation | NotJudged:
    """The violation, or NotJudged with the key's name if its evidence shows only that the key was refused.

    Sends `/me` with a key that was answered 401, to see whether it is still accepted.
    """
    if requirement.partition("-")[0] in _ABOUT_REFUSALS or requirement in ("OP-8", "OP-9"):
        return violation
    for exchange in violation.exchanges:
        if exchange.status == 429:
            return NotJudged(
                f"{_whose(exchange)}: answered 429 though its rate limit was kept (RATE-2 or RATE-7)", exchange
            )
    keys = {e.request.credential: e for e in violation.exchanges if e.status == 401 and e.request.credential}
    for key, exchange in keys.items():
        if not key.dead and _served_before(key, client) and _is_refused(key, client):
            return NotJudged(
                f"{_whose(exchange)}: the key was no longer accepted during the run, or is used elsewhere", exchange
            )
    return violation


def _served_before(key: Credential, client: Client) -> bool:
    return any(exchange.status == 200 and exchange.request.credential == key for exchange in client.exchanges)


def _is_refused(key: Credential, client: Client) -> bool:
    try:
        return client.send(Request("GET", target("getMe"), operation="getMe"), (key,)).status == 401
    except NoAnswer:
        return True


def _whose(exchange: Exchange) -> str:
    key = exchange.request.credential
    return f"{exchange.line()} to {key.name}" if key else f"{exchange.line()} without a key"

"""What a refusal must say besides its problem: the required scheme, scope or method, and the kind of problem."""

from __future__ import annotations

import re

import spec
from conformance.target.exchange import Exchange

_BEARER = re.compile(r"(?:^|,)\s*bearer(?:\s|,|$)", re.IGNORECASE)


def challenge_fault(exchange: Exchange) -> str | None:
    """What is wrong with a 401's challenge, which must ask for a bearer token (RFC 9110 15.5.2, RFC 6750 3); None if nothing."""
    challenge = exchange.headers.get("www-authenticate", "")
    return None if _BEARER.search(challenge) else f"a 401 with WWW-Authenticate {challenge or None!r}, not Bearer"


def scope_fault(exchange: Exchange) -> str | None:
    """What is wrong with a 403, which must name the scope in its detail or challenge (RFC 6750 3.1); None if nothing."""
    wanted = spec.contract().operations[exchange.request.operation or ""].scope or ""
    detail = exchange.json.get("detail") if isinstance(exchange.json, dict) else None
    named = wanted in str(detail) or wanted in exchange.headers.get("www-authenticate", "")
    return None if named else f"neither detail nor WWW-Authenticate names {wanted}"


def allow_fault(exchange: Exchange) -> str | None:
    """What is wrong with a 405, which must list the allowed methods (RFC 9110 15.5.6); None if nothing."""
    return "a 405 without Allow" if exchange.headers.get("allow") is None else None


def type_fault(exchange: Exchange) -> str | None:
    """What is wrong with a problem's type, which must lie under the documented base address; None if nothing."""
    base = spec.contract().problem_base
    type_ = str(exchange.json.get("type"))
    return None if type_.startswith(base) and type_ != base else f"the type {type_} is not under {base}"

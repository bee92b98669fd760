"""What must hold of every exchange."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import spec
from conformance.oracles import schemas
from conformance.target.client import credentials
from conformance.target.exchange import PROBLEM, Exchange
from conformance.target.retry_after import EPOCH_FROM, NUMBER, reset_in, retry_after

API = spec.contract().base_path
# Seconds by which the clocks may differ if Reset is an epoch second (RATE-1).
_SKEW = 5
# 2 KB, minus the parts that every request has: its method, Host, User-Agent, Accept and Authorization.
_LONGEST_HEAD = 1700
_METHOD_REFUSED = (405, 501)
# RFC 3986, appendix A: the characters of a path and a query. Tomcat, for example, refuses a target with other characters.
_OF_A_URI = re.compile(r"[\w.~%!$&'()*+,;=:@/?-]*", re.ASCII)
_REFUSED_PATHS = re.compile(r"%(?:00|2f|5c|[89a-f][0-9a-f])|(?:^|/)(?:\.|%2e){1,2}(?:/|$)|//", re.IGNORECASE)

# Answers are hostile, so each pattern runs in linear time: `(?>…)` does not backtrack.
_LEAKS = {
    "a stack trace": re.compile(
        r"Traceback \(most recent|^[ \t]+File \"[^\"\n]+\", line \d+"
        r"|^[ \t]*at (?:async |new )?[\w.$<>]+ ?\([^)\n]*:\d+(:\d+)?\)|^[ \t]+at [\w$]+(?:\.[\w$`<>\[\]+]+)+\([^)\n]*\)"
        # File endings that are no country's domain, so that `example.de:443` does not match.
        r"|\.(?:kt|scala|cs|go|[jt]sx?|mjs|exs?):\d+\b|\.(?:rs|py):\d+:\d+"
        r"|goroutine \d+ \[|\.java:\d+\)|\.rb:\d+:in |stack backtrace:|#\d+ /\S+\.php\(\d+\)",
        re.MULTILINE,
    ),
    "a database query": re.compile(
        r"\A(?>.*?\bSELECT\b).+\bFROM\b"
        r"|\bINSERT INTO\b|\bUPDATE\b\s+\S+\s+\bSET\b|\bDELETE FROM\b|SQLSTATE|ORA-\d{5}|psycopg|sqlite3\."
        r"|syntax error at or near|search_phase_execution_exception|E11000 duplicate key"
        # Of Elasticsearch and of MongoDB. The gate itself sends `$ne`, which an answer may repeat.
        r"|\"query\"\s*:\s*\{\s*\"(?:bool|match(?:_\w+)?|multi_match|query_string|terms?)\"\s*:"
        r"|[{,]\s*\"?\$(?:match|lookup|elemMatch|regex|and|or|in)\"?\s*:\s*[\[{\"/]"
        r"|^(?>(?>[^\n]*?\bselect\b)[^\n]+?\bfrom [\w.\"`]+ (?:where|order by|limit|(?:inner |left )?join)\b)[^\n]*[=$?\"`]",
        re.DOTALL | re.MULTILINE,
    ),
    "a file path of the server": re.compile(
        r"(?<![\w:/])/(?:usr|home|var|opt|srv|app|root|etc|tmp|src|mnt|workspace|site-packages)/[\w.-]+(?:/[\w.-]+)*|\b[A-Z]:\\[\w.-]+\\"
    ),
}


Part = Literal["status", "headers", "body"]


@dataclass(frozen=True)
class Oracle:
    """A requirement that each answer shows kept or broken.

    `applies` says whether the requirement applies to an exchange. `fault` says what is wrong in one line, None if nothing.
    `reads` is the part of an answer that it needs: the status alone, the headers too, or the body too.
    """

    requirement: str
    applies: Callable[[Exchange], bool]
    fault: Callable[[Exchange], str | None]
    reads: Part = "body"


def _successful_operation(exchange: Exchange) -> bool:
    return 200 <= exchange.status < 300 and exchange.request.operation is not None and exchange.request.method == "GET"


def _served_by_operation(exchange: Exchange) -> bool:
    return exchange.status == 200 and _successful_operation(exchange)


def _page(exchange: Exchange) -> bool:
    return _served_by_operation(exchange) and exchange.request.operation in spec.LIST_OPERATIONS


def _api_error(exchange: Exchange) -> bool:
    # An answer to HEAD has no body (RFC 9110 9.3.2).
    return exchange.status >= 400 and exchange.path.startswith(API) and exchange.request.method != "HEAD"


def _ordinary_error(exchange: Exchange) -> bool:
    return _api_error(exchange) and ordinary(exchange)


def _problem(exchange: Exchange) -> bool:
    return _ordinary_error(exchange) and exchange.media_type == PROBLEM


def _with_valid_key(exchange: Exchange) -> bool:
    key = exchange.request.credential
    in_force = key is not None and not key.dead
    return in_force and exchange.status != 401 and exchange.path.startswith(API + "/")


def _operation_with_valid_key(exchange: Exchange) -> bool:
    # An unknown path or method may be answered before the key is checked, and so may HEAD if a server supports only GET.
    asked = exchange.request.operation is not None and exchange.request.method in ("GET", "HEAD")
    asked = asked and exchange.status not in _METHOD_REFUSED
    return asked and ordinary(exchange) and _with_valid_key(exchange)


def _refused_for_pace(exchange: Exchange) -> bool:
    return _with_valid_key(exchange) and exchange.status == 429


def ordinary(exchange: Exchange) -> bool:
    """Whether a request reaches the API behind ordinary servers and front ends.

    Front ends may answer themselves if a head has 2 KB or more, a path has encoded NULs, slashes or dots, bytes are beyond ASCII,
    a target has characters that no URI has, or a GET has a body. Such requests are sent for ERROR-5 and ERROR-6 only.
    """
    if exchange.request.trailers or not _OF_A_URI.fullmatch(exchange.request.target):
        return False
    head = [exchange.request.target, *(f"{name}: {value}" for name, value in exchange.request.headers)]
    if sum(len(line) + 2 for line in head) > _LONGEST_HEAD or not all(map(str.isascii, head)):
        return False
    return not odd_path(exchange.path)


def odd_path(path: str) -> bool:
    """Whether ordinary front ends refuse or rewrite a path: encoded NULs and slashes, dot segments, bytes beyond ASCII."""
    return _REFUSED_PATHS.search(path) is not None


def _answers_the_api(exchange: Exchange) -> bool:
    # A server that does not support chunked bodies answers 501 (RFC 9112 6.1).
    takes_no_chunks = exchange.request.trailers and exchange.status == 501
    return exchange.path.startswith(API) and not takes_no_chunks


def _too_long(exchange: Exchange) -> str | None:
    data = exchange.json.get("data") if isinstance(exchange.json, dict) else None
    most = spec.contract().page_size.maximum
    return f"a page of {len(data)}" if isinstance(data, list) and len(data) > most else None


def _envelope(exchange: Exchange) -> str | None:
    page = exchange.document
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        return "no {data: [...], nextCursor}"
    cursor = page.get("nextCursor")
    return None if cursor is None or isinstance(cursor, str) else "nextCursor is neither a string nor null"


def _last_cursor(exchange: Exchange) -> str | None:
    page = exchange.json
    empty = isinstance(page, dict) and page.get("nextCursor") == ""
    return "nextCursor is an empty string, not null or absent" if empty else None


def _no_problem(exchange: Exchange) -> str | None:
    if exchange.media_type == PROBLEM:
        return None
    return f"the error is {exchange.media_type or 'without a content type'}, not {PROBLEM}"


def _problem_members(exchange: Exchange) -> str | None:
    if exchange.json is None:
        return "the problem is no JSON document"
    if exchange.encoding_fault:
        return exchange.encoding_fault
    if not isinstance(exchange.json, dict):
        return "the problem is no JSON object"
    # ERROR-2 names four members; a server may have an `errors` or `instance` of its own form (RFC 9457 3.2).
    return schemas.mismatch(schemas.required_part("Problem"), exchange.json)


def _problem_status(exchange: Exchange) -> str | None:
    status = exchange.json.get("status") if isinstance(exchange.json, dict) else None
    if status == exchange.status and not isinstance(status, bool):
        return None
    return f"the problem's status is {status!r}, HTTP's is {exchange.status}"


def _server_error(exchange: Exchange) -> str | None:
    unsupported_write = exchange.status == 501 and exchange.request.method not in ("GET", "HEAD")
    return f"{exchange.line()}" if exchange.status >= 500 and not unsupported_write else None


def _leak(exchange: Exchange) -> str | None:
    # The answer may repeat parts of the request (for example in `instance`), but no secret that it carried.
    text = "\n".join([exchange.body.decode("utf-8", "replace"), *texts(exchange.json)])
    for secret in presented(exchange):
        if any(secret in told for told in (text, *exchange.headers.values())):
            return "the answer repeats the API key that was presented"
    text = text.replace("\\/", "/").replace(exchange.request.target, "").replace(exchange.path, "").replace("\\n", "\n")
    return _leak_in(text)


@lru_cache(maxsize=256)  # most of a run's errors say the same
def _leak_in(text: str) -> str | None:
    return next((f"the answer shows {what}" for what, pattern in _LEAKS.items() if pattern.search(text)), None)


def texts(value: Any) -> Iterator[str]:
    """The texts in a JSON document as they were before they were escaped: a path of Windows has its backslashes twice."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def presented(exchange: Exchange) -> list[str]:
    """The secrets that a request carried: any secret in its Authorization header, and known ones anywhere else."""
    forged = credentials(exchange.request.headers)
    known = [exchange.request.credential.secret] if exchange.request.credential else []
    return [secret for secret in (*known, *forged, *exchange.carried) if len(secret) > 5]


def _rate_headers(exchange: Exchange) -> str | None:
    limit = exchange.headers.get("x-ratelimit-limit")
    if limit is None:
        return "X-RateLimit-Limit is missing"
    if not NUMBER.fullmatch(limit) or float(limit) <= 0 or float(limit) % 1:
        return f"X-RateLimit-Limit is {limit!r}, not a positive integer"
    return reset_fault(exchange)


def reset_fault(exchange: Exchange) -> str | None:
    """What is wrong with X-RateLimit-Reset: neither seconds from now nor an epoch second close to now; None if nothing."""
    reset = exchange.headers.get("x-ratelimit-reset")
    if reset is None:
        return "X-RateLimit-Reset is missing"
    from_now = reset_in(exchange)
    if from_now is None:
        return f"X-RateLimit-Reset is {reset!r}, not a number of seconds"
    skew = _SKEW if float(reset) >= EPOCH_FROM else 0
    if -skew - 1 <= from_now <= spec.REST + skew + 1:
        return None
    return f"X-RateLimit-Reset is {reset}: {from_now:.0f} s from now"


def _retry_after(exchange: Exchange) -> str | None:
    if retry_after(exchange) is None:
        return f"429 with Retry-After {exchange.headers.get('retry-after')!r}: neither seconds nor a date"
    return None


def _private(exchange: Exchange) -> str | None:
    control = exchange.headers.get("cache-control", "").lower()
    vary = [name.strip().lower() for name in exchange.headers.get("vary", "").split(",")]
    if "private" in control or "no-store" in control or "authorization" in vary or "*" in vary:
        return None
    return "neither Cache-Control: private or no-store, nor Vary: Authorization"


ORACLES = (
    Oracle("OP-1", _successful_operation, schemas.fault_of),
    Oracle("PAGE-1", _page, _envelope),
    Oracle("PAGE-4", _page, _too_long),
    Oracle("PAGE-8", _page, _last_cursor),
    Oracle("ERROR-1", _ordinary_error, _no_problem, "headers"),
    Oracle("ERROR-2", _problem, _problem_members),
    Oracle("ERROR-3", _problem, _problem_status),
    Oracle("ERROR-5", _answers_the_api, _server_error, "status"),
    Oracle("ERROR-6", _api_error, _leak),
    Oracle("RATE-1", _operation_with_valid_key, _rate_headers, "headers"),
    Oracle("RATE-5", _refused_for_pace, _retry_after, "headers"),
    Oracle("TENANT-8", _served_by_operation, _private, "headers"),
)


def broken_must(exchange: Exchange) -> str | None:
    """The first must that an answer breaks by itself; None if there is none."""
    levels = {requirement.id: requirement.level for requirement in spec.requirements()}
    musts = (oracle for oracle in ORACLES if levels[oracle.requirement] == "must" and oracle.applies(exchange))
    return next((oracle.requirement for oracle in musts if oracle.fault(exchange)), None)

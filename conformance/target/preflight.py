"""A few requests before the first check, to see whether the target can be judged. If not, one line says why."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from conformance.outcome import EXIT_NOT_JUDGED, EXIT_USAGE
from conformance.target.client import Caller, Client, NoAnswer
from conformance.target.exchange import Exchange
from conformance.target.http_2 import speaks_http_2
from conformance.target.long_text import abridged

# Operations without path parameters: a target that serves none of them cannot be judged.
_ASKED = ("getMe", "listContacts", "listLists", "listDrafts", "listEvents")
# After so many of them without an answer, and none with one, the target is taken to be gone: each may take a whole time-out.
_SILENCES = 2
_LONGEST_LOCATION = 80
_HTTP_2 = "; it speaks HTTP/2 alone, and the suite HTTP/1.1: put a server in front of it that speaks both"


class Unfit(Exception):
    """The target cannot be judged; `exit_code` says whether it (3) or its description (4) is to blame."""

    def __init__(self, message: str, exit_code: int = EXIT_NOT_JUDGED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def preflight(primary: Caller, others: Iterable[Caller] = ()) -> None:
    """Look for one operation that is served to the primary keys, then check that every full key of `others` is known too.

    Raises Unfit with the reason in one line. Otherwise an unknown key in the description would look like a fault of the target.
    """
    _look_for_service(primary)
    for caller in (*primary.each(), *(key for other in others for key in other.each())):
        _look_for_unknown_key(caller)


def _look_for_service(caller: Caller) -> None:
    answers: list[Exchange] = []
    silences: list[NoAnswer] = []
    for operation in _ASKED:
        try:
            answers.append(caller.get(operation))
        except NoAnswer as silence:
            silences.append(silence)
            if len(silences) == _SILENCES and not answers:
                raise Unfit(_unreachable(silences[0], caller.client)) from None
            continue
        if _served(answers[-1]):
            return
    raise _diagnosis(answers)


def _look_for_unknown_key(caller: Caller) -> None:
    key = caller.keys[0]
    if any(_served(exchange) and exchange.request.credential == key for exchange in caller.client.exchanges):
        return
    try:
        unknown = all(caller.get(operation).status == 401 for operation in _ASKED[:2])
    except NoAnswer:
        return
    if unknown:
        raise Unfit(f"the target answers 401 to {key.name}: it does not know that API key", EXIT_USAGE)


def _served(answer: Exchange) -> bool:
    # A web site may answer any path with a page. That an operation answers 200, and no other 2xx, is for OP-1 to judge.
    return _successful(answer.status) and answer.media_type != "text/html"


def _successful(status: int) -> bool:
    return 200 <= status < 300


def _unreachable(silence: NoAnswer, client: Client) -> str:
    """Why no answer came, by the first known cause."""
    base_url = client.target.base_url
    # If there is a proxy, it is the host that is looked up and connected to.
    first = str(client.proxy or base_url)
    for cause in _causes(silence):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"TLS: the certificate of {base_url} is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return _no_handshake(cause, base_url)
        if isinstance(cause, socket.gaierror):
            return f"no such host: {first}"
        if isinstance(cause, ConnectionRefusedError):
            return f"connection refused by {first}"
    return f"{silence}{_HTTP_2}" if client.proxy is None and speaks_http_2(base_url) else str(silence)


def _no_handshake(error: ssl.SSLError, base_url: str) -> str:
    reason = error.reason or str(error)
    if "NO_APPLICATION_PROTOCOL" in reason:
        return f"TLS: no handshake with {base_url} ({reason}){_HTTP_2}"
    return f"TLS: no handshake with {base_url} ({reason}); does it speak https on this port?"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _diagnosis(answers: list[Exchange]) -> Unfit:
    first = answers[0]
    statuses = {answer.status for answer in answers}
    if statuses == {401}:
        return Unfit(_unauthorized(answers), EXIT_USAGE)
    if statuses <= set(range(300, 400)):
        return Unfit(_redirected(first))
    if statuses == {404}:
        return Unfit(_nothing_there(first))
    if statuses == {429}:
        return Unfit("every operation answers 429, after waiting too: the API key's allowance is spent")
    if all(map(_successful, statuses)):
        return Unfit("every operation answers with an HTML page: a login page, or the address of a web site?")
    if all(status >= 500 for status in statuses):
        return Unfit(f"every operation answers a server error ({', '.join(map(str, sorted(statuses)))})")
    return Unfit(f"no operation answers 200, but {', '.join(map(str, sorted(statuses)))}")


def _unauthorized(answers: list[Exchange]) -> str:
    used = dict.fromkeys(answer.request.credential for answer in answers if answer.request.credential)
    keys = ", ".join(f"{key.shown} ({key.label})" for key in used)
    return f"every operation answers 401, which refuses {keys}: give an API key of this target, neither revoked nor expired"


def _redirected(answer: Exchange) -> str:
    location = answer.headers.get("location", "")
    asked = urlsplit(answer.url)
    try:
        told = urlsplit(location)
    except ValueError:  # no address
        told = urlsplit("")
    if (asked.scheme, told.scheme) == ("http", "https") and told.hostname == asked.hostname:
        return "every operation redirects to https: give the base URL with https://"
    where = abridged(location, _LONGEST_LOCATION)
    what = "a login page, or the wrong address?"
    return f"every operation redirects, {answer.request.target} to {where or 'nowhere'}: {what}"


def _nothing_there(answer: Exchange) -> str:
    base_url = answer.url.removesuffix(answer.request.target)
    path = urlsplit(base_url).path
    if path and answer.path.startswith(path):
        return f"every operation answers 404 under {base_url}: give the base URL without {path}"
    return f"every operation answers 404: no Outbound API under {base_url}"

"""The client that sends all requests: it chooses a key, keeps to the rate limit, sends, and records."""

from __future__ import annotations

import itertools
import os
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPException
from importlib.metadata import version
from urllib.parse import quote, urlencode

import httpcore
import httpx

import spec
from conformance.target import raw_head, raw_trailers
from conformance.target.clock import TargetClock
from conformance.target.exchange import Credential, Exchange, Request
from conformance.target.pacing import WINDOW, Pace
from conformance.target.proxies import ProxyError, proxy_for
from conformance.target.redaction import Redactor
from conformance.target.retry_after import retry_after
from conformance.target.safety import Safety
from conformance.target.silences import NoAnswer as NoAnswer
from conformance.target.silences import Silences
from conformance.target.transport import TIMEOUT, Answer, BrokenAnswer, Field, Transport
from spec import LONGEST_RETRY_AFTER
from spec.target import Target

_RETRIES_FOR_PACE = 3
# Environment variables that name the trusted certificate authorities.
_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_LONGEST_WAIT = LONGEST_RETRY_AFTER + 5.0
_LONGEST_SCHEME = 15
# Methods that send `Content-Length: 0` if they have no body (RFC 9110 8.6).
_WITH_CONTENT = ("POST", "PUT", "PATCH")
_USER_AGENT = f"outbound-conformance/{version('outbound-conformance')}"

Headers = Sequence[tuple[str, str]]


class SetupError(Exception):
    """The environment's proxies or certificates, or the address, cannot be used; the message is one line that names which."""


class Client:
    """Sends requests to one target and records every exchange, and apart from them what was not answered. Threads may share it.

    `show` is called with a line before the client waits more than a second for the rate limit. `run` is the id of the run, which
    the User-Agent of every request has, with the exchange's number. `safety` blocks the requests that a safe run does not send.

    Raises SetupError for proxies, certificates or an address that cannot be used.
    """

    def __init__(
        self,
        target: Target,
        clock: TargetClock,
        show: Callable[[str], None] = lambda _: None,
        safety: Safety | None = None,
    ) -> None:
        self.target = target
        self.clock = clock
        self.redactor = Redactor()
        self.redactor.learn(target.secrets())
        self.exchanges: list[Exchange] = []
        self.unanswered: list[Exchange] = []
        limit = target.rate_limit
        self.pace = Pace(None if limit.reading == "off" else limit.per_minute)
        self._show = show
        self._safety = safety
        self.silences = Silences(self)
        self._lock = threading.Lock()
        self.run = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        try:
            self.proxy = proxy_for(target.base_url)
            self._base = httpx.URL(target.base_url)
            self._context = _tls() if self._base.scheme == "https" else None
            self._transport = Transport(self._base, self.proxy, self._context)
        except ProxyError as error:
            raise SetupError(str(error)) from None
        except (httpx.InvalidURL, ValueError) as error:
            raise SetupError(f"base_url: {error}") from None

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def caller(self, label: str, secrets: Iterable[str]) -> Caller:
        """A caller with keys of the target. Each request uses the key that is least used."""
        return Caller(self, tuple(Credential(secret, f"{label}[{index}]") for index, secret in enumerate(secrets)))

    @property
    def anonymous(self) -> Caller:
        """A caller without a key of the target: no Authorization header, or one that is given among the headers."""
        return Caller(self, ())

    def send(self, request: Request, pool: Sequence[Credential] = (), *, paced: bool = True) -> Exchange:
        """Send one request with a key of the pool within its rate limit, and repeat it if it is answered 429.

        `paced=False` sends at once, once: for the probes of the rate limit itself. Raises NoAnswer, and Withheld in a safe run.
        """
        if self._safety:
            self._safety.let_through(request, paced=paced)
        if paced:
            self.silences.check(request, keyed=bool(pool))
        for attempt in range(_RETRIES_FOR_PACE + 1):
            if pool:
                request = replace(request, credential=self._choose(pool, paced))
            exchange = self._exchange(request)
            if not (paced and pool and exchange.status == 429) or attempt == _RETRIES_FOR_PACE:
                break
            exchange = self._mark_as_pacing(exchange)
        return exchange

    def _choose(self, pool: Sequence[Credential], paced: bool) -> Credential:
        while True:
            with self._lock:
                now = self.clock.now()
                credential, wait = self.pace.choose(pool, now)
                if not paced or wait <= 0:
                    self.pace.sent(credential, now)
                    return credential
            wait = min(wait, _LONGEST_WAIT)
            if wait > 1 and not self.clock.movable:
                self._tell(f"waiting {wait:.0f} s for the rate limit of {credential.shown}")
            self.clock.wait(max(wait, WINDOW) if self.clock.movable else wait)  # a move costs the same for any time

    def _exchange(self, request: Request) -> Exchange:
        number = next(self._numbers)
        headers = [("User-Agent", f"{_USER_AGENT} (run {self.run}; exchange {number})"), *request.fields]
        if request.credential:
            headers.append(("Authorization", f"Bearer {request.credential.secret}"))
        self.redactor.learn(credentials([*headers, *request.trailers]))
        with self.clock.steady():
            at, sent = time.time(), self.clock.now()
            answer, silence = self._answer(request, headers)
            answered, moved = self.clock.now(), self.clock.moved
        with self._lock:
            exchange = Exchange(
                number=number,
                request=request,
                url=self.target.base_url + request.target,
                status=answer.status_code,
                headers=answer.headers,
                body=answer.content,
                sent=sent,
                answered=answered,
                at=at,
                carried=self.redactor.known_in(request.target, *(value for _, value in (*headers, *request.trailers))),
                moved=moved,
            )
            self.silences.note(exchange)
            if silence:
                self.unanswered.append(exchange)
                silence.exchanges = (exchange,)
                raise silence
            self.exchanges.append(exchange)
            if self._safety:
                self._safety.learn(exchange)
            if request.credential:
                self.pace.answered(request.credential, exchange, retry_after(exchange))
        return exchange

    def _answer(self, request: Request, headers: Headers) -> tuple[Answer, NoAnswer | None]:
        try:
            return self._transmit(request, headers), None
        except NoAnswer as silence:
            return Answer(0, httpx.Headers(), b""), silence

    def _transmit(self, request: Request, headers: Headers) -> Answer:
        method = request.method
        body = request.body.encode() if request.body is not None else b"" if method in _WITH_CONTENT else None
        target = self._base.raw_path.rstrip(b"/") + request.target.encode("ascii")
        try:
            fields = self._fields(headers)
            if request.trailers:
                trailers = _encoded(request.trailers)
                return raw_trailers.get(self._base, target, fields, trailers, TIMEOUT, self.proxy, self._context)
            if method == "HEAD":
                return raw_head.head(self._base, target, fields, TIMEOUT, self.proxy, self._context)
            return self._send(method, target, fields, body)
        except (OSError, HTTPException, httpcore.ConnectError, BrokenAnswer) as error:
            where = f" (through {self.proxy})" if self.proxy else ""
            closed = isinstance(error, ConnectionError) or (isinstance(error, BrokenAnswer) and error.closed)
            raise NoAnswer(f"{request.line(self.target.base_url)}: {_plain(error)}{where}", closed=closed) from error

    def _send(self, method: str, target: bytes, fields: Sequence[Field], body: bytes | None) -> Answer:
        try:
            return self._transport.send(method, target, fields, body)
        except BrokenAnswer as error:
            # A server may close an idle connection at any moment (RFC 9112 9.5): one more try, on a new one.
            if not error.closed or method not in ("GET", "HEAD"):
                raise
        return self._transport.send(method, target, fields, body)

    def _fields(self, headers: Headers) -> list[Field]:
        own = _encoded(headers)
        named = {name.lower() for name, _ in own}
        ordinary = [(b"Host", self._base.netloc), (b"Accept", b"*/*"), (b"Accept-Encoding", b"gzip, deflate")]
        return [*(field for field in ordinary if field[0].lower() not in named), *own]

    def _mark_as_pacing(self, exchange: Exchange) -> Exchange:
        marked = replace(exchange, pacing=True)
        with self._lock:
            self.exchanges[_place(self.exchanges, exchange)] = marked
        self._tell(f"refused for pace, will repeat: {exchange.request.line()}")
        return marked

    def _tell(self, line: str) -> None:
        self._show(self.redactor.text(line))


@dataclass(frozen=True)
class Caller:
    """Sends requests with a pool of keys of one organization, with a single key, or without a key."""

    client: Client
    keys: tuple[Credential, ...]

    def get(self, operation: str, /, *, headers: Headers = (), **parameters: object) -> Exchange:
        """Send one of the nine operations. Parameters have their documented names; `id` goes into the path, None is left out."""
        return self.send("GET", target(operation, **parameters), headers=headers, operation=operation)

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Headers = (),
        trailers: Headers = (),
        operation: str | None = None,
        body: str | None = None,
        paced: bool = True,
    ) -> Exchange:
        """Send a request to a path with its query, which is sent unchanged; `body` is JSON. Raises NoAnswer.

        With `trailers` it is a GET, whose chunked body is empty.
        """
        request = Request(method, path, tuple(headers), None, operation, body, tuple(trailers))
        return self.client.send(request, self.keys, paced=paced)

    def pinned(self) -> Caller:
        """The same caller with only one key: the least used one of its pool."""
        credential, _ = self.client.pace.choose(self.keys, self.client.clock.now())
        return replace(self, keys=(credential,))

    def each(self) -> tuple[Caller, ...]:
        """A caller for every key of the pool."""
        return tuple(replace(self, keys=(credential,)) for credential in self.keys)


def target(operation: str, /, **parameters: object) -> str:
    """An operation's path and query, encoded where RFC 3986 asks for it; members of a sequence become repeated parameters."""
    path = spec.contract().operations[operation].path
    for name in spec.contract().operations[operation].path_parameters:
        path = path.replace(f"{{{name}}}", quote(str(parameters.pop(name)), safe=""))
    query = urlencode({name: value for name, value in parameters.items() if value is not None}, doseq=True, safe=",:@")
    return f"{path}?{query}" if query else path


def _encoded(headers: Headers) -> list[Field]:
    # A field value may hold bytes beyond ASCII (obs-text, RFC 9110 5.5).
    return [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers]


def _place(exchanges: Sequence[Exchange], exchange: Exchange) -> int:
    """The index of an exchange, searched from the end."""
    return next(place for place in reversed(range(len(exchanges))) if exchanges[place] is exchange)


def _tls() -> ssl.SSLContext:
    """The TLS settings: `$SSL_CERT_FILE` or `$SSL_CERT_DIR` names other certificate authorities. Raises SetupError."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        named = next((f"{name}={os.environ[name]}" for name in _AUTHORITIES if os.environ.get(name)), "certificates")
        raise SetupError(f"{named}: no certificates can be read from it: {error}") from None


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def credentials(headers: Headers) -> list[str]:
    """The credentials of an Authorization header; a single word is a scheme alone unless it is too long for one."""
    presented = [value.partition(" ") for name, value in headers if name.lower() == "authorization"]
    return [secret or scheme for scheme, _, secret in presented if secret or len(scheme) > _LONGEST_SCHEME]

"""Hides secrets in all output: plain, escaped, percent-encoded, in base64, or split over lines."""

from __future__ import annotations

import base64
import re
import shlex
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from operator import attrgetter
from urllib.parse import unquote, urlsplit

from conformance.target.exchange import Exchange
from conformance.target.long_text import abridged, is_repeated, shell_word
from spec.target import shown

_KEY = r"obk_[a-z]+_[A-Za-z0-9]{5,}"
_SHOWN_BODY = 600
# A longer address is cut if it repeats nothing, so its command does not repeat the request. It is whole in exchanges.har.
_LONGEST_URL = 2000
_PUBLIC_PREFIX = re.compile(r"obk_[a-z]+_|")
_SHORTEST = 6
# A shorter secret is searched for in plain form only: split over lines or in base64, too much other text looks like it.
_SHORTEST_IN_PARTS = 12
_PREFIX = 6
_NOTHING = r"(?!)"
# Documents are searched in parts, because most parts repeat: a resource is on many pages. The parts end at this
# character: no escape contains it, and only a secret that contains it can lie in two parts.
_BETWEEN = "}"
# Parts longer than this are not remembered, and not more of them than this.
_LONGEST_REMEMBERED = 10_000
_MOST_REMEMBERED = 100_000

# JSON's escapes (escaped again if JSON stands within JSON), a URL's, and HTML's. Each begins with one certain
# character, which `re` looks for before it tries any of them: six times as fast as with a repeat at the beginning.
_ESCAPE = re.compile(
    r"\\\\*u(?P<hex>[0-9a-fA-F]{4})|\\\\*(?P<slash>/)|%(?:25)*(?P<percent>[0-7][0-9a-fA-F])|&#(?P<html>x?[0-9a-fA-F]+);"
)
_ESCAPED_SPACE = re.compile(r"\\\\*[nrt]")
_ESCAPE_OR_SPACE = re.compile(_ESCAPE.pattern + r"|(?P<space>\s+|\\+[nrt])")


@dataclass(frozen=True)
class _Forms:
    """Known secrets: a pattern of whole ones, and all their forms. `by_prefix` is a quick test that there are none in parts.

    `clean` are parts of texts that hold none of them; `separable` says that texts may be searched in parts.
    """

    plain: re.Pattern[str]
    forms: Sequence[str]
    by_prefix: Mapping[str, tuple[str, ...]]
    separable: bool
    clean: set[str] = field(default_factory=set)

    @cached_property
    def in_parts(self) -> re.Pattern[str]:
        """The pattern of secrets in parts. It takes longer to compile than all searches of most runs."""
        return re.compile("|".join(map(re.escape, self.forms)) or _NOTHING)

    def all_clean(self, text: str) -> bool:
        """Whether a text holds none of the secrets."""
        if text in self.clean:
            return True
        new = set(text.split(_BETWEEN)) - self.clean if self.separable else {text}
        if self._stand_in(_BETWEEN.join(new)):
            return False
        if len(self.clean) + len(new) > _MOST_REMEMBERED:
            self.clean.clear()
        self.clean.update(part for part in new if len(part) <= _LONGEST_REMEMBERED)
        return True

    def _stand_in(self, text: str) -> bool:
        meant = _ESCAPE.sub(_meant, text)
        without_spaces = "".join(_ESCAPED_SPACE.sub("", meant).split())
        found = self.plain.search(text) or self.plain.search(meant)
        return bool(found) or _holds(without_spaces, self.by_prefix)


@dataclass
class Redactor:
    """Hides every learnt secret in a text, in any of its forms, and everything that looks like an API key."""

    secrets: set[str] = field(default_factory=set, repr=False)

    def learn(self, secrets: Iterable[str]) -> None:
        """Remember secrets that no output may show. Secrets under six characters are ignored: they occur in ordinary text."""
        new = {secret for secret in secrets if len(secret) >= _SHORTEST} - self.secrets
        if new:
            self.secrets |= new
            self.__dict__.pop("_forms", None)

    def known_in(self, *texts: str) -> tuple[str, ...]:
        """The secrets that occur in texts, plain or percent-encoded, without those that are only part of another one."""
        # Texts are joined with a NUL, which no secret contains.
        plain = "\0".join(map(unquote, texts))
        found = [secret for secret in sorted(self.secrets) if secret in plain]
        return tuple(secret for secret in found if not any(secret in other for other in found if other != secret))

    def text(self, text: str) -> str:
        """The text with each secret as `obk_live_…1a2b`."""
        forms = self._forms
        if forms.all_clean(text):
            return text
        text = forms.plain.sub(lambda match: shown(match[0]), text)
        if _ESCAPE.search(text) and forms.plain.search(_ESCAPE.sub(_meant, text)):
            text = _hidden(text, _ESCAPE, forms.plain)
        if _holds(_squeezed(text), forms.by_prefix):
            text = _hidden(text, _ESCAPE_OR_SPACE, forms.in_parts)
        return text

    def curl(self, exchange: Exchange) -> str:
        """A command that repeats the request, its key read from `$OUTBOUND_API_KEY`. With trailers, which curl cannot send,
        it is `printf` to netcat, or to openssl.
        """
        request = exchange.request
        if request.trailers:
            return self._printf(exchange)
        parts = ["curl", "-i", "--path-as-is"]
        plain = request.method == "GET" and request.body is None
        parts += ["--head"] if request.method == "HEAD" else [] if plain else ["-X", request.method]
        for name, value in request.fields:
            parts += ["-H", shell_word(self._header(name, value))]
        if request.credential:
            parts += ["-H", '"Authorization: Bearer $OUTBOUND_API_KEY"']
        if request.body is not None:
            parts += ["--data-raw", shlex.quote(self.text(request.body))]
        url = self.text(exchange.url)
        word = shell_word(url)
        return " ".join([*parts, word if len(word) <= _LONGEST_URL else shell_word(abridged(url, _LONGEST_URL))])

    def _header(self, name: str, value: str) -> str:
        """A header of a request, redacted. A key of only a prefix and a repeated letter is shown: it is no secret."""
        key = value.partition(" ")[2]
        prefix = _PUBLIC_PREFIX.match(key)
        if name.lower() == "authorization" and prefix and is_repeated(key[prefix.end() :]):
            return f"{name}: {value}"
        return self.text(f"{name}: {_masked(name, value)}")

    def _printf(self, exchange: Exchange) -> str:
        url = urlsplit(exchange.url)
        path = f"{url.path}?{url.query}" if url.query else url.path
        fields = [f"{name}: {_masked(name, value)}" for name, value in exchange.request.headers]
        head = [
            f"GET {path} HTTP/1.1",
            f"Host: {url.netloc}",
            *fields,
            "Transfer-Encoding: chunked",
            "Connection: close",
        ]
        lines = [shlex.quote(self.text(line)) for line in (*head, "", "0")]
        lines += [_trailer(name, shlex.quote(self.text(value))) for name, value in exchange.request.trailers]
        to = f"nc {url.hostname} {url.port or 80}"
        if url.scheme == "https":
            to = f"openssl s_client -quiet -connect {url.hostname}:{url.port or 443}"
        return f"printf '%s\\r\\n' {' '.join(lines)} '' | {to}"

    def body(self, exchange: Exchange, most: int = _SHOWN_BODY) -> str:
        """The answer's body as text, cut to `most` characters."""
        text = self.text(exchange.body.decode("utf-8", "replace"))
        return text if len(text) <= most else f"{text[:most]}… ({len(exchange.body)} bytes)"

    @cached_property
    def _forms(self) -> _Forms:
        # The longest first: a secret before its own prefixes, then everything that looks like a key, and last what may be the
        # beginning of a key, as /me shows it.
        longest_first = sorted(self.secrets, key=len, reverse=True)
        unlike_keys = [secret for secret in longest_first if not re.fullmatch(_KEY, secret)]
        long = [secret for secret in longest_first if len(secret) >= _SHORTEST_IN_PARTS]
        in_parts = [*long, *(core for secret in long for core in _in_base64(secret))]
        by_prefix: dict[str, tuple[str, ...]] = {}
        for form in in_parts:
            by_prefix[form[:_PREFIX]] = (*by_prefix.get(form[:_PREFIX], ()), form)
        beyond = [secret for secret in unlike_keys if re.match(_KEY, secret)]
        others = [secret for secret in unlike_keys if secret not in beyond]
        plain = "|".join([*map(re.escape, beyond), _KEY, *map(re.escape, others)])
        separable = not any(_BETWEEN in secret for secret in self.secrets)
        return _Forms(re.compile(plain), in_parts, by_prefix, separable)


def _squeezed(text: str) -> str:
    """The text without its escapes and spaces."""
    if "\\" in text or "%" in text or "&#" in text:
        text = _ESCAPED_SPACE.sub("", _ESCAPE.sub(_meant, text))
    return "".join(text.split())


def _holds(text: str, by_prefix: Mapping[str, tuple[str, ...]]) -> bool:
    for prefix, forms in by_prefix.items():
        place = text.find(prefix)
        while place >= 0:
            if text.startswith(forms, place):
                return True
            place = text.find(prefix, place + 1)
    return False


def _in_base64(secret: str) -> list[str]:
    """The base64 of the secret within a longer text: one form for each position within the groups of three bytes."""
    cores = []
    for offset, lead in ((0, 0), (1, 2), (2, 3)):
        held = bytes(offset) + secret.encode()
        whole = len(held) * 8 // 6
        cores += [encode(held).decode("ascii")[lead:whole] for encode in (base64.b64encode, base64.urlsafe_b64encode)]
    return list(dict.fromkeys(cores))


def _meant(escape: re.Match[str]) -> str:
    """The character that an escape stands for; nothing for space."""
    groups = escape.groupdict()
    if groups.get("space"):
        return ""
    if groups["slash"]:
        return "/"
    if groups["html"]:
        number = groups["html"]
        code = int(number[1:] or "0", 16) if number[0] == "x" else int(number) if number.isdigit() else 0
    else:
        code = int(groups["hex"] or groups["percent"], 16)
    # Only characters that occur in secrets matter.
    return chr(code) if 32 < code < 127 else "\0"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a text: literal, or an escape of one character. `meant_at` is its position in the unescaped text."""

    meant_at: int
    start: int
    stop: int
    literal: bool


def _hidden(text: str, escape: re.Pattern[str], secrets: re.Pattern[str]) -> str:
    """The text with each secret shortened that its unescaped form contains; everything else stays unchanged."""
    pieces: list[_Piece] = []
    with StringIO() as undone:
        end = 0
        for found in escape.finditer(text):
            pieces += [
                _Piece(undone.tell(), end, found.start(), literal=True),
                _Piece(undone.tell() + found.start() - end, *found.span(), literal=False),
            ]
            undone.write(text[end : found.start()] + _meant(found))
            end = found.end()
        pieces.append(_Piece(undone.tell(), end, len(text), literal=True))
        undone.write(text[end:])
        meant = undone.getvalue()
    parts, end = [], 0
    for secret in secrets.finditer(meant):
        first, last = _place(pieces, secret.start()), _place(pieces, secret.end() - 1)
        parts += [text[end : first[0]], shown(secret[0])]
        end = last[1]
    return "".join([*parts, text[end:]])


def _place(pieces: Sequence[_Piece], at: int) -> tuple[int, int]:
    """The start and end, in the text, of a character of its unescaped form."""
    piece = pieces[bisect_right(pieces, at, key=attrgetter("meant_at")) - 1]
    if not piece.literal:
        return piece.start, piece.stop
    place = piece.start + at - piece.meant_at
    return place, place + 1


def _trailer(name: str, value: str) -> str:
    if name.lower() == "authorization":
        return f'"{name}: Bearer $OUTBOUND_API_KEY"'
    return f"{name}:{value}"


def _masked(name: str, value: str) -> str:
    if name.lower() == "authorization":
        scheme, _, secret = value.partition(" ")
        return f"{scheme} {shown(secret)}" if secret else "…"
    return value

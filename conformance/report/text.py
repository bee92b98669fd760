"""Text of a run in a form that reports can show: the target's bytes are hostile, and some terminals support only ASCII."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import TextIO
from unicodedata import east_asian_width

from conformance.plural import counted
from conformance.target.long_text import abridged

_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "–": "-",
        "—": "-",
        "−": "-",
        "→": ">",
        "…": "...",
        "×": "x",
        "·": "-",
        "µ": "u",
        "“": '"',
        "”": '"',
    }
)
_FILLER = "\0"
# Headers that servers and frameworks add to every answer, and that no requirement mentions.
_NOISE = frozenset(
    """
    alt-svc cf-cache-status cf-ray connection content-security-policy cross-origin-embedder-policy
    cross-origin-opener-policy cross-origin-resource-policy expect-ct keep-alive nel origin-agent-cluster
    permissions-policy referrer-policy report-to reporting-endpoints server strict-transport-security
    x-content-type-options x-dns-prefetch-control x-download-options x-frame-options x-permitted-cross-domain-policies
    x-powered-by x-xss-protection
    """.split()  # noqa: SIM905 — a list of words reads better so
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~&@:])")
_LONGEST_IN_MARKDOWN = 600
_NARROWEST = 20


def visible(text: str, keep: str = "") -> str:
    """The text with everything that does not print (control characters, surrogates, changes of direction) escaped.

    Characters of `keep` stay as they are.
    """
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode("ascii") for c in text)


def one_line(text: str, most: int) -> str:
    """The text on one line, cut to `most` characters, so that no line of it can be a command in a CI system's log."""
    text = visible(" ".join(text.split()))
    return text if len(text) <= most else f"{text[:most]}…"


def shortened(text: str, most: int) -> str:
    """The text on one line, cut in its middle to `most` characters."""
    return abridged(visible(" ".join(text.split())), most)


def pretty(body: str, most: int) -> str:
    """A body in readable form: JSON indented, anything else unchanged, cut to `most` characters."""
    with contextlib.suppress(ValueError, RecursionError):
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    body = visible(body, keep="\n")
    return body if len(body) <= most else f"{body[:most]}…"


def writable(text: str, encoding: str | None) -> str:
    """The text in the characters of an encoding: typographic ones are replaced by ASCII, others are escaped."""
    encoding = encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    return text


def in_markdown(text: str) -> str:
    """Text on one line of Markdown with all markup escaped, because it may come from the target."""
    return _MARKDOWN.sub(r"\\\1", one_line(text, _LONGEST_IN_MARKDOWN))


def harmless(line: str) -> str:
    """The line, changed so that no CI system takes it for a command in the log (`::error::`, `##[error]`)."""
    line = line.replace("##[", "## [")
    return f"|{line}" if line.lstrip().startswith("::") else line


def folded(text: str, width: int, indent: str, further: str) -> list[str]:
    """The text in lines of at most `width` columns. Wide characters, such as Chinese ones and emoji, take two columns."""
    # A filler after each wide character makes the length of the text equal to its width.
    filled = "".join(f"{c}{_FILLER}" if east_asian_width(c) in "WF" else c for c in text)
    lines = textwrap.wrap(filled, width, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False)
    return [line.replace(_FILLER, "") for line in lines]


def for_terminal(message: str, stream: TextIO) -> str:
    """The message, folded between words to the terminal's width. It stays one line if the stream is no terminal."""
    if not stream.isatty():
        return message
    columns = max(shutil.get_terminal_size().columns, _NARROWEST)
    return textwrap.fill(message, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def is_noise(header: str) -> bool:
    """Whether a header says nothing about the API, because a server or a framework adds it."""
    return header.lower() in _NOISE


def of_cases(tried: tuple[int, int]) -> str:
    """How many cases were tried, of how many: `tried 36 of 36 cases`."""
    return f"tried {tried[0]} of {counted(tried[1], 'case')}"


def titled(name: str) -> str:
    """A name in camelCase as a title: `rateReading` as `Rate reading`."""
    words = re.sub(r"(?<=[a-z])([A-Z])", r" \1", name).lower()
    return words[:1].upper() + words[1:]


def lasted(seconds: float) -> str:
    """A span of time: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def listed(names: Sequence[str]) -> str:
    """Names, separated by commas."""
    return ", ".join(names)

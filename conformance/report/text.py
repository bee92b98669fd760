"""Text of a run as reports may show it: the target's bytes are hostile, and some terminals know ASCII alone."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence

_ASCII = str.maketrans({"✓": "+", "✗": "x", "–": "-", "—": "-", "−": "-", "→": ">", "…": "...", "×": "x", "·": "-"})


def visible(text: str, keep: str = "") -> str:
    """The text with everything that does not print (control characters, surrogates, changes of direction) escaped.

    Characters of `keep` stay as they are.
    """
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode("ascii") for c in text)


def one_line(text: str, most: int) -> str:
    """The text on one line, cut to `most` characters: in a CI system's log no line of it can pass for a command."""
    text = visible(" ".join(text.split()))
    return text if len(text) <= most else f"{text[:most]}…"


def pretty(body: str, most: int) -> str:
    """A body for reading: JSON indented, anything else as it is, cut to `most` characters."""
    with contextlib.suppress(ValueError, RecursionError):
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    body = visible(body, keep="\n")
    return body if len(body) <= most else f"{body[:most]}…"


def writable(text: str, encoding: str | None) -> str:
    """The text in characters that an encoding has: typographic ones replaced by ASCII, others escaped."""
    encoding = encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    return text


def harmless(line: str) -> str:
    """A line that a CI system that reads logs cannot take for a command of its own (`::error::`, `##[error]`)."""
    line = line.replace("##[", "## [")
    return f"|{line}" if line.lstrip().startswith("::") else line


def counted(count: int, noun: str) -> str:
    """A number with its noun: `1 request`, `2 requests`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Names, separated by commas."""
    return ", ".join(names)

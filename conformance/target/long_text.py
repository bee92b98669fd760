"""Long addresses and headers: cut for readers, and as a word of a shell that makes them."""

from __future__ import annotations

import re
import shlex
from itertools import chain

# A unit of up to six characters (`%C3%A9`) that is there many times in a row.
_RUN = re.compile(r"([^\n]{1,6}?)\1{99,}")
_FIRST_PART = re.compile(r"\A[^/?&=,;\s]+")
_LAST_PART = re.compile(r"[^/?&=,;\s]+\Z")


def abridged(text: str, most: int) -> str:
    """The text; a longer one is cut in its middle to at most `most` characters of it, and tells how many are left out.

    The cut never leaves a part of a word, which could be a part of a secret that nothing hides any more.
    """
    if len(text) <= most:
        return text
    end = most // 3
    first, last = _LAST_PART.sub(_if_repeated, text[: most - end]), _FIRST_PART.sub(_if_repeated, text[-end:])
    return f"{first}… ({len(text) - len(first) - len(last)} characters left out) …{last}"


def is_repeated(text: str) -> bool:
    """Whether a text only repeats a unit a hundred times or more."""
    return _RUN.fullmatch(text) is not None


def shell_word(text: str) -> str:
    """The text as one word of a POSIX shell: a unit that is repeated a hundred times or more is made by `printf`."""
    literals = _RUN.split(text)[::2]
    made = [_made(run) for run in _RUN.finditer(text)]
    words = chain.from_iterable(zip(map(_quoted, literals), [*made, ""], strict=True))
    return "".join(words) or "''"


def _if_repeated(part: re.Match[str]) -> str:
    return part[0] if is_repeated(part[0]) else ""


def _quoted(text: str) -> str:
    return shlex.quote(text) if text else ""


def _made(run: re.Match[str]) -> str:
    unit = run[1].replace("\\", "\\\\").replace("%", "%%")
    return f'"$(printf -- {shlex.quote(unit + "%.0s")} $(seq {len(run[0]) // len(run[1])}))"'

"""What was typed wrong among the options, in one line: an option by its name alone, since its value may be a secret."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

_UNKNOWN = "unrecognized arguments: "
_ARGUMENT = re.compile(r"argument (-[^:]+): ")
_MISSING = re.compile(r"expected (one|at least one) argument")


def no_option(option: str, known: Collection[str], otherwise: str = "--help lists them") -> str:
    """Say that there is no such option, and which are near; `otherwise` is said where none is."""
    name = option.partition("=")[0]
    close = get_close_matches(name, known, n=3, cutoff=0.7)
    hint = f"did you mean {' or '.join(close)}?" if close else otherwise
    return f"no option {name!r}; {hint}"


def plain(message: str, known: Collection[str], otherwise: str = "--help lists them") -> str:
    """What argparse says is wrong, in the words of this project. `known` are the options that there are."""
    if not message.startswith(_UNKNOWN):
        return _MISSING.sub("its value is missing", _ARGUMENT.sub(r"\1: ", message))
    options = [word for word in message.removeprefix(_UNKNOWN).split() if word.startswith("-")]
    return (
        no_option(options[0], known, otherwise)
        if options
        else "an argument is no option and no file; --help lists the options"
    )

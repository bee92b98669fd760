"""Messages for wrong options, in one line. They show an option's name but not its value, which may be a secret."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Collection
from pathlib import Path

from spec.misspelled import meant

_UNKNOWN = "unrecognized arguments: "
_ARGUMENT = re.compile(r"argument (-[^:]+): ")
_MISSING = re.compile(r"expected (one|at least one) argument")


def text(value: str) -> str:
    """The value of an option that cannot be empty. Raises ArgumentTypeError."""
    if not value:
        raise ArgumentTypeError("its value is missing")
    return value


def path(value: str) -> Path:
    """The value of an option that names a file or a folder. Raises ArgumentTypeError if it is empty."""
    return Path(text(value))


def no_option(option: str, known: Collection[str], otherwise: str = "--help lists them") -> str:
    """A message that an option is unknown, with similar names, or with `otherwise` if there is none."""
    name = option.partition("=")[0]
    return f"no option {name!r}{meant(name, known, otherwise)}"


def plain(message: str, known: Collection[str], otherwise: str = "--help lists them") -> str:
    """An error message of argparse in the words of this project. `known` are all options."""
    if not message.startswith(_UNKNOWN):
        missing = "its value is missing; if it begins with a dash, write it as --option=VALUE"
        return _MISSING.sub(missing, _ARGUMENT.sub(r"\1: ", message))
    options = [word for word in message.removeprefix(_UNKNOWN).split() if word.startswith("-")]
    return (
        no_option(options[0], known, otherwise)
        if options
        else "an argument is no option and no file; --help lists the options"
    )

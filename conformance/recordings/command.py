"""`outbound-conformance --har FILE`: its options, what it prints and writes, and its exit code."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from conformance.options.errors import path, plain
from conformance.recordings.archive import ArchiveError, read
from conformance.recordings.judgement import judge
from conformance.recordings.traffic import recording
from conformance.recordings.words import document, lines
from conformance.report.text import one_line, writable
from conformance.verdict.selection import select, selected

_WIDTH = 120
_LONGEST_LINE = 400
_EVERY = 500
_REPORT = "recording.json"


_OPTIONS = ("--har", "--base-url", "--only", "--report", "--strict")
_GO_WITH_IT = f"--har takes {', '.join(_OPTIONS[1:-1])} and {_OPTIONS[-1]}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArchiveError(plain(message, _OPTIONS, _GO_WITH_IT))


class _Once(argparse.Action):
    """An option that may be given only once, because a second value would silently replace the first."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _option: str | None = None
    ) -> None:
        """Store the value. Raises ArchiveError for a second one."""
        if getattr(namespace, self.dest, None) is not None:
            parser.error("--har: one recording at a time")
        setattr(namespace, self.dest, values)


def run(arguments: Sequence[str]) -> int:
    """Judge a recording and print the result. Returns the exit code. Raises ArchiveError and SelectionError."""
    options = _parser().parse_args(arguments)
    wanted = selected(select(options.only))
    try:
        recorded = recording(read(options.har), options.base_url)
    except ArchiveError as error:
        raise ArchiveError(one_line(str(error), _LONGEST_LINE)) from None
    result = judge(recorded, wanted, strict=options.strict, progress=_progress(len(recorded.kept)))
    if options.report:
        _write(options.report, json.dumps(document(result), indent=2) + "\n")
    for line in lines(result, min(_WIDTH, shutil.get_terminal_size().columns)):
        print(writable(line, sys.stdout.encoding))
    return result.exit_code()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="outbound-conformance", add_help=False, allow_abbrev=False)
    parser.add_argument("--har", type=path, action=_Once, required=True)
    parser.add_argument("--base-url")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--report", type=path)
    parser.add_argument("--strict", action="store_true")
    return parser


def _progress(total: int) -> Callable[[int], None]:
    """Show the number of judged exchanges on one line of a terminal; a file or a pipe gets nothing."""

    def show(number: int) -> None:
        if number % _EVERY == 0 and sys.stderr.isatty():
            print(f"\rjudged {number:,} of {total:,}\r", end="", file=sys.stderr, flush=True)

    return show


def _write(folder: Path, text: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _REPORT).write_text(text, "utf-8")
    except OSError as error:
        raise ArchiveError(f"--report: {folder}: {error.strerror}") from None

"""`outbound-conformance`: the gate as a command with all options of `pytest conformance`, and its commands for reports."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path

from conformance.options import completion
from conformance.options.errors import no_option, path, plain, text
from conformance.outcome import EXIT_BROKEN, EXIT_CONFORMANT, EXIT_NOT_JUDGED, EXIT_USAGE
from conformance.plural import counted
from conformance.pytest_run import ARGUMENTS, UsageError, options_help, run_pytest
from conformance.recordings import command as recordings
from conformance.recordings.archive import ArchiveError
from conformance.report.comparison import Report, ReportError, compare, matrix, read
from conformance.report.explanation import explanation, takes_the_whole_run
from conformance.report.text import for_terminal, listed, visible, writable
from conformance.target.new_description import InitError, init
from conformance.target.redaction import Redactor
from conformance.verdict.selection import SelectionError, select, selected
from spec.misspelled import meant

_WIDTH = 120
# Options that choose other checks than those that failed, or make no run.
_NOT_AGAIN = ("--only", "--list", "--explain", "--dry-run", "--collect-only", "--collectonly", "--co")
_SHARE_DONE = re.compile(r"\[( *\d+%)\]$")
USAGE = """\
usage: outbound-conformance [COMMAND] [OPTIONS]

Without a command it judges a target: that of --base-url or --target, or its
own mock.

commands:
  list [ID…] [OPTIONS]      list the requirements, and what each needs
  explain ID…               explain requirements or families: basis, reading,
                            what is tried, usual cause, faults that show it
  init [FILE] [--base-url=URL]
                            write a description of a target to fill in
                            (default: target.toml), and ask it with the key of
                            OUTBOUND_API_KEY whether it can be judged
  diff OLD NEW…             compare reports (report.json or their folders);
                            more than two make a matrix
  replay REPORT [OPTIONS]   try again what failed in a report, for example
                            with another --base-url; gives no verdict
  --har FILE [OPTIONS]      judge recorded traffic (HTTP Archive of a browser,
                            a proxy, …) by what single exchanges show; sends
                            nothing; takes --base-url, --only, --strict and
                            --report (recording.json)
  help                      show this text, as --help does anywhere
  --version                 show the version
  --completion SHELL        print the script that completes this command's
                            options in bash, zsh or fish

options of a run, besides --base-url=URL and --strict (shoulds bind too):"""
_MORE = "pytest's own options (-k, -x, -v, …) work too; pytest --help lists them."
_ANYWHERE = ("--help", "-h", "--version", "--completion")


def main() -> None:
    """Run the command with the arguments of the process, and exit."""
    told = completion.asked()
    sys.exit(run(sys.argv[1:]) if told is None else told)


def run(arguments: Sequence[str]) -> int:
    """Run the command. Returns its exit code."""
    name, rest = _command_of(arguments)
    command = _COMMANDS.get(name)
    try:
        if command is None:
            return recordings.run(arguments) if _names_a_recording(arguments) else _judge(arguments)
        return command(rest)
    except (UsageError, InitError, ReportError, SelectionError, ArchiveError) as error:
        # A key may stand where it does not belong: in an address, in place of a file.
        told = visible(Redactor().text(str(error)), keep="\n")
        message = f"outbound-conformance{f' {name}' if command else ''}: {told}"
        print(for_terminal(message, sys.stderr), file=sys.stderr)
        return EXIT_USAGE


def _command_of(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The name of the command and what follows it. Help, version and completion may be asked for anywhere."""
    for number, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in _ANYWHERE:
            return name, [value] if equals else arguments[number + 1 :]
    return (arguments[0], arguments[1:]) if arguments else ("", [])


def _names_a_recording(arguments: Sequence[str]) -> bool:
    return any(argument.partition("=")[0] == "--har" for argument in arguments)


def _judge(arguments: Sequence[str]) -> int:
    name = arguments[0] if arguments else ""
    if arguments and not name.startswith("-") and not (name and Path(name.partition("::")[0]).exists()):
        raise UsageError(f"no command {name!r}{meant(name, _COMMANDS, '--help lists them')}")
    return run_pytest(arguments)


def _help(_: Sequence[str]) -> int:
    _print([USAGE, *options_help(), "", _MORE])
    return EXIT_CONFORMANT


def _version(_: Sequence[str]) -> int:
    _print([f"outbound-conformance {version('outbound-conformance')}"])
    return EXIT_CONFORMANT


def _completion(arguments: Sequence[str]) -> int:
    shell = next(iter(arguments), "")
    if shell not in completion.SHELLS:
        raise UsageError(f"name a shell: {', '.join(completion.SHELLS)}")
    return completion.script(shell)


def _list(arguments: Sequence[str]) -> int:
    ids = list(takewhile(_is_no_option, arguments))
    return run_pytest(["--list", *(f"--only={id_}" for id_ in ids), *arguments[len(ids) :]])


def _is_no_option(word: str) -> bool:
    return not word.startswith("-")


def _report(word: str) -> Report:
    if not word:
        raise UsageError("a report's name is empty: give a report.json, or the folder that holds it")
    return read(Path(word))


def _refuse_options(arguments: Sequence[str], known: Sequence[str] = ()) -> None:
    for word in arguments:
        if word.startswith("-"):
            raise UsageError(no_option(word, known, f"this command takes {' and '.join(known) or 'none'}"))


def _explain(arguments: Sequence[str]) -> int:
    if not arguments:
        raise UsageError("give a requirement or a family, such as PAGE-6 or AUTH")
    _refuse_options(arguments)
    width = min(_WIDTH, shutil.get_terminal_size().columns)
    for number, requirement in enumerate(selected(select(arguments))):
        _print([*([""] if number else []), *explanation(requirement, width)])
    return EXIT_CONFORMANT


def _init(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("file", nargs="?", default="target.toml")
    parser.add_argument("--base-url", type=text)
    try:
        given, unknown = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise UsageError(plain(str(error), ("--base-url",))) from None
    _refuse_options(unknown, ("--base-url",))
    if unknown:
        raise UsageError("give one file")
    if not given.file:
        raise UsageError("the file's name is empty; without a name it is target.toml")
    code, lines = init(Path(given.file), given.base_url)
    _print(lines)
    return code


def _diff(arguments: Sequence[str]) -> int:
    _refuse_options(arguments)
    reports = [_report(argument) for argument in arguments]
    if len(reports) < 2:
        raise UsageError("give two reports or more, the oldest first")
    if len(reports) > 2:
        _print(matrix(reports))
    comparison = compare(reports[0], reports[-1])
    _print(comparison.lines())
    return EXIT_BROKEN if comparison.broke else EXIT_CONFORMANT


def _replay(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        raise UsageError("give a report first, and options after it")
    if stray := next(filter(_is_no_option, arguments[1:2]), None):
        raise UsageError(f"give one report, and options after it; {stray!r} is a second one")
    if senseless := next((name for word in arguments[1:] if (name := word.partition("=")[0]) in _NOT_AGAIN), None):
        raise UsageError(
            f"no option {senseless!r}: this command tries what failed in the report; a run takes {senseless}"
        )
    before = _report(arguments[0])
    failed = [id_ for id_, row in before.rows.items() if row.status == "failed"]
    ids = [requirement.id for requirement in selected(None)]
    if unknown := [id_ for id_ in failed if id_ not in ids]:
        raise UsageError(f"{before.name}: this kit has no requirement {listed(unknown)}")
    if lacking := len([id_ for id_ in ids if id_ not in before.rows]):
        _print([f"the report lacks {counted(lacking, 'requirement')} of {len(ids)}: nothing is known of them"])
    if not failed:
        _print(["nothing failed in that report"])
        return EXIT_CONFORMANT
    _print([f"trying {counted(len(failed), 'requirement')} again: {', '.join(failed)}"])
    after = _tried_again(failed, before, arguments[1:])
    words = {"passed": "mended", "failed": "still broken"}
    rows = [(id_, after.rows[id_]) for id_ in failed]
    _print([f"{id_:10}{words.get(row.status) or row.reason or 'could not be tried'}" for id_, row in rows])
    statuses = {row.status for _, row in rows}
    return EXIT_BROKEN if "failed" in statuses else EXIT_NOT_JUDGED if "not-tested" in statuses else EXIT_CONFORMANT


def _tried_again(ids: Sequence[str], before: Report, options: Sequence[str]) -> Report:
    """The report of a new run over the requirements, with the seed and depth of the first report.

    A requirement that any answer may break needs a whole run: another check may have got the answer that broke it.
    The new run's report is in the folder that the options name, if they name one.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--report", type=path)
    try:
        named = parser.parse_known_args(options)[0].report
    except argparse.ArgumentError as error:
        raise UsageError(plain(str(error), ("--report",))) from None
    with tempfile.TemporaryDirectory(prefix="outbound-") as folder:
        command = [sys.executable, "-P", "-m", "pytest", *ARGUMENTS, "-v", "--report", folder]
        command += [] if any(map(takes_the_whole_run, ids)) else ["--only", ",".join(ids)]
        command += ["--depth", before.conditions["depth"], f"--seed={before.seed}", *options]
        code, out, err = _run_showing_progress(command)
        if code == EXIT_USAGE:
            lines = (err or out).strip().splitlines()
            raise UsageError(lines[0] if lines else "the options cannot be used")
        return read(named or Path(folder))


def _run_showing_progress(command: Sequence[str]) -> tuple[int, str, str]:
    """Run pytest, and show on a terminal how far it is. Returns its exit code and what it printed."""
    lines = []
    with tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, text=True)
        with process as running, _ended_on_interrupt(running):
            for line in running.stdout or ():
                lines.append(line)
                share = _SHARE_DONE.search(line)
                if share and sys.stderr.isatty():
                    print(f"\r{share[1]} of the checks are done\r", end="", file=sys.stderr, flush=True)
        err.seek(0)
        return process.returncode, "".join(lines), err.read()


@contextmanager
def _ended_on_interrupt(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        process.terminate()  # it ends its mock, and its commands
        raise


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        print(writable(line, sys.stdout.encoding))


_COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "help": _help,
    "--help": _help,
    "-h": _help,
    "--version": _version,
    "-V": _version,
    "--completion": _completion,
    "list": _list,
    "explain": _explain,
    "init": _init,
    "diff": _diff,
    "replay": _replay,
}

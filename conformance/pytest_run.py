"""Runs pytest on the gate's checks, with errors of the command line in one line."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

from conformance.options.errors import plain

FOLDER = str(Path(__file__).parent)
"""The folder of the checks."""

# pytest looks for settings above the checks and above the values of options. There it may find those of a project that has the
# gate in its virtual environment, or its reports in a folder: they are for that project's tests.
_OWN_SETTINGS = ("-c", os.devnull, "--rootdir", FOLDER, "--confcutdir", FOLDER)
# Schemathesis is loaded by the checks that need it: its plugin would load it for every run. Python's folder of packages is no
# place for a cache.
_UNUSED_PLUGINS = ("-p", "no:schemathesis", "-p", "no:cacheprovider")
ARGUMENTS = (FOLDER, *_OWN_SETTINGS, *_UNUSED_PLUGINS)
"""The arguments of pytest for a run of the gate and of nothing else, whatever project it is run in."""

# This command imports the gate before pytest does. Its users need no warning about that.
_QUIETLY = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
# The last line that pytest's parser prints for options that it reads before it knows the gate's options.
_PARSER_ERROR = re.compile(r"^\S+: error: (.*)", re.MULTILINE)
_OWN_OPTIONS = ("--completion", "--har", "--help", "--version")
_OUR_OPTIONS = "the Outbound API conformance gate"


class UsageError(Exception):
    """Arguments that cannot be used; the message is one line."""


def run_pytest(arguments: Sequence[str]) -> int:
    """Run pytest on the gate's checks. Raises UsageError for options that cannot be parsed."""
    return int(pytest.main([*ARGUMENTS, *_QUIETLY, *arguments], plugins=[_PlainWords()]))


class _PlainWords:
    """A plugin that reports wrong options in one line, instead of pytest's ERROR and its usage.

    It also names checks by their files alone, since the path of an installed package is long.
    """

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Show the names of files relative to the gate's folder."""
        if reporter := config.pluginmanager.get_plugin("terminalreporter"):
            reporter.startpath = Path(FOLDER)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_header(self) -> Generator[None, list[str | list[str]], list[str | list[str]]]:
        """Leave out the null device, which stands in the place of a project's settings."""
        told = yield
        return [
            [line for line in lines if os.devnull not in line] if isinstance(lines, list) else lines for lines in told
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_parse(self) -> Generator[None, object, object]:
        """Turn an error of the command line into a UsageError of this command."""
        with _plainly():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(self) -> Generator[None, object, object]:
        """Turn an error in the target's description, or in another given file, into a UsageError of this command."""
        with _plainly():
            return (yield)


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except pytest.UsageError as error:
        told = _PARSER_ERROR.search(str(error))
        raise UsageError(plain(told[1], _OWN_OPTIONS) if told else str(error)) from None


def options_help() -> list[str]:
    """The gate's own group of pytest's help, without its title."""
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        pytest.main([*ARGUMENTS, "--help"])
    groups = shown.getvalue().split("\n\n")
    return next((group.splitlines()[1:] for group in groups if group.startswith(_OUR_OPTIONS)), [])

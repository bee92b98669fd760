"""Reads and checks the options of a run: the same for a run, and for `--list` and `--dry-run`, which run nothing."""

from __future__ import annotations

import errno
import itertools
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import pytest

from conformance.report.comparison import Report, ReportError, read
from conformance.report.explanation import explanation
from conformance.verdict.known_violations import KnownViolation, KnownViolationsError, load
from conformance.verdict.selection import SelectionError, select, selected

_SHOWN = 12
"""Messages show a stray word whole up to this many characters: a longer one may be a secret."""


@dataclass(frozen=True)
class Values:
    """The values of a run's options. `only` are the requirements that it is about, None for all.

    `report` is the folder for the reports, `known_file` the file to write the known violations to.
    """

    only: frozenset[str] | None
    known: tuple[KnownViolation, ...]
    report: Path | None
    labels: Mapping[str, str]
    known_file: Path | None
    baseline: Report | None


def values(config: pytest.Config) -> Values:
    """Read the options of a run and the files that they name. Makes and sends nothing. Raises UsageError."""
    _refuse_other_processes(config)
    _refuse_other_names(config)
    _refuse_stray_words(config)
    _check_plain_ones(config)
    return Values(
        only=_only(config),
        known=_known(config),
        report=_report_folder(config),
        labels=_labels(config),
        known_file=_file_to_write(config),
        baseline=_baseline(config),
    )


def _refuse_stray_words(config: pytest.Config) -> None:
    """Refuse a word among the arguments that is neither an option nor a file or folder. Raises UsageError."""
    for argument in config.args:
        word = argument.partition("::")[0]
        if word and ((config.invocation_params.dir / word).exists() or (config.option.pyargs and _is_module(word))):
            continue
        shown = repr(word) if len(word) <= _SHOWN else f"{word[:4] + '…'!r}"
        raise pytest.UsageError(f"{shown} is no option and no file; --help lists the options")


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _refuse_other_processes(config: pytest.Config) -> None:
    """Refuse to run checks in several processes: a run has one ledger and one pace. Raises UsageError."""
    option = config.option
    if getattr(option, "numprocesses", None) or getattr(option, "tx", None) or getattr(option, "dist", "no") != "no":
        raise pytest.UsageError("the gate keeps one target's pace in one process: run it without -n, --dist and --tx")
    if getattr(option, "forked", False):
        raise pytest.UsageError("the gate keeps one ledger in one process: run it without --forked")


def _refuse_other_names(config: pytest.Config) -> None:
    """Refuse a project's settings by which pytest would not see the checks. Raises UsageError."""
    for setting, check in (("python_files", "test_scopes.py"), ("python_functions", "test_of_a_scope")):
        if not any(check.startswith(pattern) or fnmatch(check, pattern) for pattern in config.getini(setting)):
            raise pytest.UsageError(
                f"the pytest setting {setting} of {config.inipath or 'the command line'} leaves out the gate's checks: "
                "run outbound-conformance, which reads no project's settings"
            )


def _check_plain_ones(config: pytest.Config) -> None:
    words = config.invocation_params.args
    if "--base-url=" in words or ("--base-url", "") in itertools.pairwise(words):
        raise pytest.UsageError("--base-url: its value is missing")
    if config.option.fuzz < 0:
        raise pytest.UsageError(f"--fuzz: {config.option.fuzz}: the number of cases cannot be below zero")
    try:
        shlex.split(config.option.mock_options)
    except ValueError as error:
        raise pytest.UsageError(f"--mock-options: {error}: {config.option.mock_options}") from None


def _only(config: pytest.Config) -> frozenset[str] | None:
    """The ids of the requirements to judge, None for all. Raises UsageError."""
    try:
        return select(config.option.only)
    except SelectionError as error:
        raise pytest.UsageError(f"--only: {error}") from None


def _known(config: pytest.Config) -> tuple[KnownViolation, ...]:
    """The known violations. Raises UsageError."""
    path = config.option.known_violations
    try:
        return load(path) if path else ()
    except KnownViolationsError as error:
        raise pytest.UsageError(f"--known-violations: {error}") from None


def _baseline(config: pytest.Config) -> Report | None:
    """The earlier report that the run is compared with. Raises UsageError."""
    path = config.option.baseline
    try:
        return read(path) if path else None
    except ReportError as error:
        raise pytest.UsageError(f"--baseline: {error}") from None


def explained(config: pytest.Config, width: int) -> list[str]:
    """The explanation that `--explain` asks for, in lines. Raises UsageError."""
    try:
        ids = select([config.option.explain])
    except SelectionError as error:
        raise pytest.UsageError(f"--explain: {error}") from None
    return [line for requirement in selected(ids) for line in explanation(requirement, width)]


def _labels(config: pytest.Config) -> dict[str, str]:
    """The labels of the run. Raises UsageError."""
    pairs = [label.partition("=") for label in config.option.label]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise pytest.UsageError(f"--label: not KEY=VALUE: {name or equals}")
    return {name: value for name, _, value in pairs}


def _file_to_write(config: pytest.Config) -> Path | None:
    """The file to write the known violations to. Raises UsageError if it cannot be written."""
    path: Path | None = config.option.write_known_violations
    if path and (path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK)):
        raise pytest.UsageError(f"--write-known-violations: {path}: no file can be written there")
    return path


def _report_folder(config: pytest.Config) -> Path | None:
    """The folder for the reports, which may be missing. Raises UsageError if it cannot be made or written to."""
    folder: Path | None = config.option.report
    try:
        if folder:
            _check_folder(folder.absolute())
    except OSError as error:
        raise pytest.UsageError(f"--report: {folder}: {error.strerror}") from None
    return folder


def _check_folder(folder: Path) -> None:
    """Raise OSError if a folder cannot be made or written to. Makes nothing."""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def make(folder: Path) -> None:
    """Make the folder for the reports. Raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(f"--report: {folder}: {error.strerror}") from None

"""Completion in a shell: `outbound-conformance --completion bash` prints what the shell is to evaluate.

The shell then runs this program with a variable in its environment to ask what can come next. click knows how shells ask; this
module tells click the gate's commands and options.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem, shell_complete

import spec
from conformance import options

PROGRAM = "outbound-conformance"
VARIABLE = "_OUTBOUND_CONFORMANCE_COMPLETE"
SHELLS = ("bash", "zsh", "fish")

_REQUIREMENTS = ("--only", "--explain")


def script(shell: str) -> int:
    """Print the script that a shell evaluates. Returns the exit code."""
    return _answer(f"{shell}_source")


def asked() -> int | None:
    """Answer a shell that asks what can come next, and return the exit code; None if no shell asks."""
    instruction = os.environ.get(VARIABLE)
    return _answer(instruction) if instruction else None


def _answer(instruction: str) -> int:
    return shell_complete(_program(), {}, PROGRAM, VARIABLE, instruction)


def _program() -> click.Group:
    """The command line as click describes one."""
    run = [_option(action) for action in _actions()]
    ids = click.Argument(["ids"], nargs=-1, shell_complete=_requirements)
    file = click.Argument(["files"], nargs=-1, type=click.Path())
    commands = [
        click.Command("list", params=[*run, ids]),
        click.Command("explain", params=[ids]),
        click.Command("init", params=[file]),
        click.Command("diff", params=[file]),
        click.Command("replay", params=[file, *run]),
        click.Command("help"),
    ]
    return click.Group(PROGRAM, params=run, commands={str(command.name): command for command in commands})


def _actions() -> list[argparse.Action]:
    """The options of a run as argparse keeps them: those that are passed to pytest, and the gate's own."""
    parser = pytest.Parser(_ispytest=True)
    options.add_to(parser)
    parser.optparser.add_argument("--strict", action="store_true")
    parser.optparser.add_argument("--har", type=Path)
    parser.optparser.add_argument("--completion", choices=SHELLS)
    return [action for action in parser.optparser._actions if action.option_strings]


def _option(action: argparse.Action) -> click.Option:
    name = action.option_strings[0]
    if action.nargs == 0:
        return click.Option([name], is_flag=True)
    kind = click.Choice(list(action.choices)) if action.choices else _path(action)
    complete = _requirements if name in _REQUIREMENTS else None
    return click.Option([name], type=kind, multiple=action.default == [], shell_complete=complete)


def _path(action: argparse.Action) -> click.Path | None:
    return click.Path(file_okay=action.metavar != "DIR") if action.type is Path else None


def _requirements(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The families and ids with this beginning, with their titles."""
    families = {row.family: f"all of {row.family}" for row in spec.requirements()}
    names = {**families, **{row.id: row.title for row in spec.requirements()}}
    return [CompletionItem(name, help=told) for name, told in names.items() if name.startswith(incomplete.upper())]

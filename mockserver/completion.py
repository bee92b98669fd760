"""Completion in a shell: `outbound-mock --completion bash` prints the script that the shell evaluates.

The shell then runs this program with a variable in its environment to ask what can come next, and click answers.
"""

from __future__ import annotations

import os

import click
from click.shell_completion import CompletionItem, shell_complete

PROGRAM = "outbound-mock"
VARIABLE = "_OUTBOUND_MOCK_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


class _Commands(click.Group):
    """The commands behind the program's name. They are imported when a shell asks for one, since that takes a while."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names."""
        from mockserver.control.commands import commands

        return ["grade", *commands.list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name, None if there is none."""
        if cmd_name == "grade":
            from mockserver.grading.cli import command

            return command
        from mockserver.control.commands import commands

        return commands.get_command(ctx, cmd_name)


def script(context: click.Context, _option: click.Parameter, shell: str | None) -> None:
    """Print the script that a shell evaluates, and end."""
    if shell:
        context.exit(shell_complete(context.command, {}, PROGRAM, VARIABLE, f"{shell}_source"))


def asked(command: click.Command) -> int | None:
    """Answer a shell that asks what can come after the program's name, and return the exit code; None if no shell asks."""
    instruction = os.environ.get(VARIABLE)
    if not instruction:
        return None
    return shell_complete(_Commands(PROGRAM, params=command.params), {}, PROGRAM, VARIABLE, instruction)


def modifications(_context: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The faults, variants or hardships (as the option takes them) whose names have this beginning."""
    from mockserver.modifications import faults, hardships, variants

    told = {"faults": faults.all_faults, "variants": variants.all_variants}
    names = told[str(option.name)]() if option.name in told else hardships.names()
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]

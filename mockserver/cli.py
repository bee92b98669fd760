"""`outbound-mock`: the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, shell_complete

from mockserver.server import options
from mockserver.server.interrupts import INTERRUPTED
from mockserver.startup import Choices, serve_mock
from spec.surroundings import READER_LEFT, USAGE, printable

PROGRAM = "outbound-mock"
_ASKED_BY_SHELL = "_OUTBOUND_MOCK_COMPLETE"
"""The environment variable by which a shell asks what can come next: the script of `--completion` sets it."""

_FILE = click.Path(dir_okay=False, path_type=Path)
_HARDSHIP = "NAME[:PARAMETER=VALUE,…]"

STEERING = ("trigger", "advance", "logs")
"""The commands that steer a running mock."""

AUTHORITY = "outbound-mock-authority.pem"
"""Where `--tls` writes the certificate of its authority if no file is named."""


def main() -> None:
    """Run the command line. Wrong use gives one line on standard error and an exit code, never a traceback."""
    output = sys.stdout
    try:
        if instruction := os.environ.get(_ASKED_BY_SHELL):
            sys.exit(_complete(_AllCommands(PROGRAM, params=command.params), instruction))
        if sys.argv[1:2] == ["grade"]:
            from mockserver.grading.cli import command as grade

            sys.exit(grade(sys.argv[2:], prog_name="outbound-mock grade", standalone_mode=False))
        if sys.argv[1:2] and sys.argv[1] in STEERING:
            from mockserver.control.commands import commands

            sys.exit(commands(prog_name=PROGRAM, standalone_mode=False))
        sys.exit(command(prog_name=PROGRAM, standalone_mode=False))
    except click.ClickException as error:
        from mockserver.control.redaction import redacted

        # A key may stand where it does not belong: in an address, in place of a file.
        click.echo(options.for_terminal(f"outbound-mock: {printable(redacted(error.format_message()))}"), err=True)
        sys.exit(USAGE if isinstance(error, click.UsageError) else error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except SystemExit:
        if sys.stdout is not output:  # Click wraps a stream whose reader has left, and ends with 1
            sys.exit(READER_LEFT)
        raise


class _AllCommands(click.Group):
    """The program with all its commands, as a shell completes them. Importing them takes a while, so it is done late."""

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


def _complete(program: click.Command, instruction: str) -> int:
    """Do what a shell asks: print the script that it evaluates, or what can come next. Returns the exit code."""
    return shell_complete(program, {}, PROGRAM, _ASKED_BY_SHELL, instruction)


def _print_script(context: click.Context, _option: click.Parameter, shell: str | None) -> None:
    if shell:
        context.exit(_complete(context.command, f"{shell}_source"))


def _modifications(_context: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The faults, variants or hardships (as the option takes them) whose names have this beginning."""
    from mockserver.modifications import faults, hardships, variants

    told = {"faults": faults.all_faults, "variants": variants.all_variants}
    names = told[str(option.name)]() if option.name in told else hardships.names()
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _refuse(words: Sequence[str]) -> None:
    """Raise click.UsageError if there is a word beside the options: a mistyped command, or one that stands behind them."""
    if not words:
        return
    from spec.misspelled import meant

    first, names = words[0], ("grade", *STEERING)
    if first in names:
        raise click.UsageError(f"write the command before the options: outbound-mock {first} …")
    raise click.UsageError(f"no command '{first}'{meant(first, names)}")


def _repeatable(
    name: str,
    parameter: str,
    metavar: str,
    text: str,
    complete: Callable[[click.Context, click.Parameter, str], list[CompletionItem]] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An option that can be given several times."""
    text = f"{text} (repeatable)."
    return options.option(name, parameter, metavar=metavar, multiple=True, shell_complete=complete, help=text)


def _listing(what: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An option that lists all faults, variants or hardships, and ends the program."""
    return options.option(
        f"--list-{what}",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=options.list_modifications,
        help=f"List the {what}, and end.",
    )


@click.command(
    context_settings={
        "auto_envvar_prefix": "OUTBOUND_MOCK",
        "show_default": True,
        "allow_extra_args": True,
        "allow_interspersed_args": False,
    }
)
@options.option("--host", default="127.0.0.1", help="Address to listen on.")
@options.option("--port", default=8080, type=click.IntRange(0, 65_535), help="Port to listen on; 0 picks a free one.")
@options.option("--seed", default=1, help="Seed of all data and keys: the same seed makes the same data and keys.")
@options.option("--contacts", default=1_000, type=click.IntRange(0, 1_000_000), help="Contacts of each organization.")
@options.option("--organizations", default=2, type=click.IntRange(1, 1_000), help="Organizations.")
@options.option(
    "--rate-reading",
    default="burst",
    type=click.Choice(["burst", "strict"]),
    help="Reading of the rate limits: burst is a refilling allowance, strict two hard caps.",
)
@options.option("--no-rate-limit", is_flag=True, help="Limit no key.")
@_repeatable("--fault", "faults", "NAME", "Break the contract in this way", _modifications)
@_repeatable("--variant", "variants", "NAME", "Keep the contract in another legal way", _modifications)
@_repeatable("--hardship", "hardships", _HARDSHIP, "Make this trouble for clients", _modifications)
@_repeatable("--webhook", "webhooks", "URL", "Deliver the first organization's events to this endpoint")
@_repeatable("--allow-webhook-host", "webhook_hosts", "HOST", "Allow deliveries to this host, beside this machine")
@options.option(
    "--write-target",
    metavar="FILE",
    type=_FILE,
    help="Write a target.toml for the conformance gate once the mock listens.",
)
@options.option(
    "--write-keys",
    metavar="FILE",
    type=_FILE,
    help="Write the keys with every scope for a load test: on each line a key and its organization.",
)
@options.option(
    "--workers",
    default=1,
    type=click.IntRange(1, 64),
    help="Processes that serve the socket; more than one needs --state.",
)
@options.option(
    "--state",
    metavar="URL",
    help="Share limits, keys, clock and faults with all mocks that name this Redis or Valkey server: redis://127.0.0.1:6379/0.",
)
@options.option(
    "--control-token",
    metavar="TOKEN",
    help="Bearer token of the control API, for any machine; without a token only this machine has access.",
)
@options.option(
    "--activity",
    metavar="RATE",
    type=click.FloatRange(0.1, 6_000),
    help="Let a sales team work for the first organization, at this many steps a minute.",
)
@options.option(
    "--real-time-signatures", is_flag=True, help="Sign deliveries with real time, wherever the mock's clock was moved."
)
@options.option(
    "--load",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Begin with this state, as GET /_mock/state exports it, instead of seeded data.",
)
@options.option(
    "--tls",
    metavar="[FILE]",
    is_flag=False,
    flag_value=AUTHORITY,
    type=_FILE,
    help=f"Serve https, and write the certificate of its new authority to this file (default: {AUTHORITY}).",
)
@options.option(
    "--tls-certificate",
    default="good",
    type=click.Choice(["good", "expired", "wrong-host", "unknown-authority"]),
    help="Which certificate --tls presents.",
)
@options.option("--log", "log_requests", is_flag=True, help="Print a line for each request.")
@_listing("faults")
@_listing("variants")
@_listing("hardships")
@options.option("--exit-with-parent", is_flag=True, help="End when the process that started this one has ended.")
@options.option("--json", "as_json", is_flag=True, help="Print address, organizations and keys as one line of JSON.")
@options.option("--quiet", is_flag=True, help="Print the address alone.")
@options.option(
    "--completion",
    type=click.Choice(["bash", "zsh", "fish"]),
    is_eager=True,
    expose_value=False,
    callback=_print_script,
    help="Print the script that completes this command's options in a shell, and end.",
)
@click.version_option(package_name="outbound-conformance", message="%(prog)s %(version)s")
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """A mock of the Outbound API that keeps its contract: organizations, keys, rate limits and webhooks, in memory.

    Every option can be given in the environment too: OUTBOUND_MOCK_PORT=9000, OUTBOUND_MOCK_TLS=yes.

    \b
    outbound-mock grade -- COMMAND     grade a client that a command runs
    outbound-mock trigger EVENT        make an event happen in a running mock
    outbound-mock advance SECONDS      move its clock on
    outbound-mock logs                 show what it was asked
    """
    _refuse(context.args)
    serve_mock(Choices(**given))

"""How the programs that developers of the project run tell what was typed wrong, and how they end when they are interrupted."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

import click

INTERRUPTED = 130


def run(command: click.Command, program: str) -> NoReturn:
    """Run a command line as `program`. What a user gets wrong is one line on standard error, and click's exit code, 2.

    SIGTERM, with which CI systems cancel a job, interrupts as Ctrl-C does; a command that lets that pass ends with 130.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(command(prog_name=program, standalone_mode=False))
    except click.ClickException as error:
        click.echo(f"{program.rpartition('.')[2].split()[-1]}: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)

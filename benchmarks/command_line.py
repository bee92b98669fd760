"""The command lines of programs for developers of the project: messages for wrong arguments, and how an interrupt ends them."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

import click

INTERRUPTED = 130


def run(command: click.Command, program: str) -> NoReturn:
    """Run a command line as `program`. A wrong argument gives one line on standard error, and click's exit code, 2. SIGTERM, by
    which CI systems cancel a job, interrupts like Ctrl-C: the exit code is then 130, unless the command handles the interrupt.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(command(prog_name=program, standalone_mode=False))
    except click.ClickException as error:
        click.echo(f"{program.rpartition('.')[2].split()[-1]}: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)

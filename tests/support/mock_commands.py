"""Commands of the mock without a process of their own: the start of an interpreter is most of what such a command takes."""

from __future__ import annotations

from mockserver.control import client
from spec import commands

_run = commands.run


def run_here(command: str, **placeholders: object) -> str:
    """Replaces `spec.commands.run`: a command of the mock calls its control API from this process."""
    words = commands.arguments(command, placeholders)
    if client.__name__ not in words:
        return _run(command, **placeholders)
    try:
        return client.perform(words[words.index(client.__name__) + 1 :]).strip()
    except client.Failed as failure:
        raise commands.CommandFailed(str(failure)) from None

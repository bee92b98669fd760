"""The errors of processes that share a state, for code that must not import the Redis client."""

from __future__ import annotations


class SharingError(Exception):
    """The state cannot be shared. The message is one line, for the person who started the mock."""

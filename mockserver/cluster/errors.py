"""What can go wrong between processes that share a state, for code that should not have to import the Redis client."""

from __future__ import annotations


class SharingError(Exception):
    """The state cannot be shared. The message is one line, for the person who started the mock."""

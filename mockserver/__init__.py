"""A mock of the Outbound API that keeps the contract in `spec`: organizations, keys, rate limits and webhooks, in memory."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """`__version__`, looked up when it is asked for: reading package metadata would slow every import."""
    if name == "__version__":
        from importlib import metadata

        return metadata.version("outbound-conformance")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

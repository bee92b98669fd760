"""The mock as its command line starts it, with keys whose limits are never reached: the limiter counts, and refuses no request.

`--no-rate-limit` would leave the limiter out and make the mock look faster.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mockserver import app
from mockserver.cli import main
from spec import RateLimits, contract

VAST = 1_000_000_000

original = app.create_app


def create_app(*arguments: Any) -> app.Mock:
    """A mock whose keys have vast limits of their own."""
    mock = original(*arguments)
    limits = RateLimits(VAST, VAST, contract().rate_limits.burst_window)
    for key in mock.state.keys:
        mock.state.keys.put(replace(key, limits=limits))
    return mock


# The command line imports it when it needs it.
vars(app)["create_app"] = create_app

if __name__ == "__main__":
    main()

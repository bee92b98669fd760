"""A pytest plugin that has an option which the gate has too, as pytest-reporter and pytest-forked have."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the option `$STOLEN_OPTION`."""
    parser.getgroup("thief").addoption(os.environ["STOLEN_OPTION"], action="store_true")

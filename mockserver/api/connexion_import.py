"""Import Connexion without the warnings that its imports raise, and without the libraries that the mock does not use of it.

Connexion imports HTTP clients, for documents and tokens that lie elsewhere and for tests, and Flask if it is installed. They
take a third of the mock's start and 11 MB.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def _without_unused() -> Iterator[None]:
    """Have what is imported find no Flask, and empty modules in the place of HTTP clients that are not imported yet."""
    test_client = ModuleType("starlette.testclient")
    test_client.TestClient = None  # type: ignore[attr-defined] # the one name that Connexion takes from there
    stand_ins = {
        "starlette.testclient": test_client,
        "httpx": ModuleType("httpx"),
        "requests": ModuleType("requests"),
        "flask": None,
    }
    missing = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(missing)  # type: ignore[arg-type] # None stands for what cannot be imported
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


with warnings.catch_warnings(), _without_unused():
    warnings.filterwarnings("ignore", r"jsonschema\.(exceptions\.)?Ref", DeprecationWarning)
    import connexion  # type: ignore[import-untyped]  # it has no type hints

__all__ = ["connexion"]

"""Import Connexion without the warnings of its imports, and without libraries that the mock does not use.

Connexion imports HTTP clients (for remote documents and tokens, and for tests), Jinja and YAML (for documents in files), Werkzeug
(for Flask), and Flask if it is installed. These imports would take half of the mock's start and 14 MB.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


def _stand_in(name: str, **attributes: object) -> ModuleType:
    """A module with nothing but the attributes that Connexion uses while it is imported."""
    module = ModuleType(name)
    vars(module).update(attributes)
    return module


def _nothing(*_arguments: object, **_options: object) -> None:
    """Stand in for a class that is never used."""


@contextmanager
def _without_unused() -> Iterator[None]:
    """Hide Flask from imports, and put stand-ins in place of the other libraries that are not imported yet."""
    stand_ins: dict[str, Any] = {
        "starlette.testclient": _stand_in("starlette.testclient", TestClient=None),
        "starlette.templating": _stand_in("starlette.templating", Jinja2Templates=None),
        "httpx": _stand_in("httpx"),
        "requests": _stand_in("requests"),
        "jinja2": _stand_in("jinja2"),
        "yaml": _stand_in("yaml", SafeLoader=object),
        "flask": None,  # what cannot be imported
    }
    if "werkzeug" not in sys.modules:
        stand_ins["werkzeug"] = _stand_in("werkzeug", Request=None)
        stand_ins["werkzeug.local"] = _stand_in("werkzeug.local", LocalProxy=_nothing)
    missing = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(missing)
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


with warnings.catch_warnings(), _without_unused():
    warnings.filterwarnings("ignore", r"jsonschema\.(exceptions\.)?Ref", DeprecationWarning)
    import connexion

__all__ = ["connexion"]

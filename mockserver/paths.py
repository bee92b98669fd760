"""The paths at which the mock serves its parts: the API, the console, the control API, and further worlds."""

from __future__ import annotations

import os.path

from spec import contract

API: str = os.path.commonpath([operation.path for operation in contract().operations.values()])
"""The path under which all operations of the contract lie."""

CONTROL = "/_mock"
CONSOLE = "/admin"

WORLD = "/_worlds/"
"""Before a world's id: what follows the id is a path of that world."""


def is_api(path: str) -> bool:
    """Whether a path lies under the API's: `/api/v1`, `/api/v1/…`, but not `/api/v10`."""
    return path.startswith(API) and path[len(API) :][:1] in ("", "/")

"""Import Connexion without the warnings that its own imports raise and that no user of the mock can act on."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which would rather have httpx2, and jsonschema's RefResolver.
    warnings.filterwarnings("ignore", r"Using `httpx` with `starlette\.testclient`", UserWarning)
    warnings.filterwarnings("ignore", r"jsonschema\.(exceptions\.)?Ref", DeprecationWarning)
    import connexion  # type: ignore[import-untyped]  # it has no type hints

__all__ = ["connexion"]

"""The two operations on bare Starlette: no key, no parameters, no validation."""

from __future__ import annotations

import json
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ANSWERS = Path(os.environ["ANSWERS"])
ME = json.loads((ANSWERS / "me.json").read_bytes())
PAGE = json.loads((ANSWERS / "page.json").read_bytes())


async def get_me(_request: Request) -> JSONResponse:
    """The key and its organization."""
    return JSONResponse(ME)


async def list_contacts(_request: Request) -> JSONResponse:
    """The one page of contacts."""
    return JSONResponse(PAGE)


app = Starlette(routes=[Route("/api/v1/me", get_me), Route("/api/v1/contacts", list_contacts)])

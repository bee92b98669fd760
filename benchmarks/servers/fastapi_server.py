"""The two operations on FastAPI as one would write them by hand: a bearer key, checked parameters, a page of objects.

It returns a JSONResponse, which its documentation advises for speed, and has no response model.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ANSWERS = Path(os.environ["ANSWERS"])
ME = json.loads((ANSWERS / "me.json").read_bytes())
PAGE = json.loads((ANSWERS / "page.json").read_bytes())
KEYS = {os.environ["KEY"]: set(ME["apiKey"]["scopes"])}

Credentials = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def scopes(credentials: Credentials) -> set[str]:
    """The scopes of the key presented."""
    if credentials.credentials not in KEYS:
        raise HTTPException(401)
    return KEYS[credentials.credentials]


Scopes = Annotated[set[str], Depends(scopes)]


async def get_me(_scopes: Scopes) -> JSONResponse:
    """The key and its organization."""
    return JSONResponse(ME)


async def list_contacts(
    scopes: Scopes,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    _cursor: Annotated[str | None, Query(alias="cursor")] = None,
) -> JSONResponse:
    """The newest contacts."""
    if "contacts.read" not in scopes:
        raise HTTPException(403)
    return JSONResponse({"data": PAGE["data"][:limit], "nextCursor": PAGE["nextCursor"]})


app = FastAPI()
app.add_api_route("/api/v1/me", get_me, response_model=None)
app.add_api_route("/api/v1/contacts", list_contacts, response_model=None)

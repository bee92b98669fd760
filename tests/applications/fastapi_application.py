"""The API on FastAPI: HTTPBearer, Security scopes, response models, 422 for odd parameters, no HEAD.

The limit is a fixed window: 60 requests in each minute of the clock. Reset has a decimal part, as that of slowapi.
"""

from __future__ import annotations

import base64
import json
import math
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import uvicorn
from fastapi import FastAPI, HTTPException, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException as StarletteHTTPException

from tests.applications import data
from tests.applications.data import BY_SECRET, CLOCK, MINUTE, PER_MINUTE, PRIMARY, Key, Resource, position

app = FastAPI(title="Outbound API", openapi_url="/api-docs/openapi.json", docs_url="/api-docs", redoc_url=None)
bearer = HTTPBearer()
admitted: Counter[tuple[str, int]] = Counter()
TITLES = {
    400: ("invalid-cursor", "Invalid cursor"),
    401: ("invalid-api-key", "Invalid API key"),
    403: ("insufficient-scope", "Insufficient scope"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    429: ("rate-limit-exceeded", "Rate limit exceeded"),
}
Item = TypeVar("Item")


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Contact(Model):
    id: str
    email: str | None
    first_name: str | None
    last_name: str | None
    company_name: str | None
    qualification_status: str
    qualification_score: float | None
    list_ids: list[str]
    created_at: datetime
    updated_at: datetime


class ContactList(Model):
    id: str
    name: str
    description: str | None
    contact_count: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class DraftSummary(Model):
    id: str
    contact_id: str
    channel: str
    subject: str
    status: str
    snippet: str
    sent_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Draft(DraftSummary):
    body: str
    engagement: list[dict[str, Any]]


class Event(Model):
    id: str
    event_type: str
    resource: dict[str, str]
    data: dict[str, Any]
    created_at: datetime


class Page(Model, Generic[Item]):
    data: list[Item]
    next_cursor: str | None


def current_key(
    request: Request, wanted: SecurityScopes, credentials: Annotated[HTTPAuthorizationCredentials, Security(bearer)]
) -> Key:
    """The key of the request, counted. Answers 401, 429 or 403."""
    key = BY_SECRET.get(credentials.credentials)
    if key is None or not key.alive:
        raise HTTPException(401, "The presented API key is not valid.", {"WWW-Authenticate": "Bearer"})
    now = CLOCK.now()
    rest = MINUTE - now % MINUTE
    request.state.reset = rest
    window = (key.id, int(now // MINUTE))
    if admitted[window] >= PER_MINUTE:
        raise HTTPException(429, "Slow down.", {"Retry-After": str(math.ceil(rest))})
    admitted[window] += 1
    missing = set(wanted.scopes) - set(key.scopes)
    if missing:
        raise HTTPException(403, f"This operation wants the scope {', '.join(missing)}.")
    return key


Anyone = Annotated[Key, Security(current_key)]
ContactsKey = Annotated[Key, Security(current_key, scopes=["contacts.read"])]
ListsKey = Annotated[Key, Security(current_key, scopes=["lists.read"])]
DraftsKey = Annotated[Key, Security(current_key, scopes=["drafts.read"])]
EventsKey = Annotated[Key, Security(current_key, scopes=["events.read"])]
Limit = Annotated[int, Query(ge=1, le=200)]


@app.middleware("http")
async def rate_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    if hasattr(request.state, "reset"):
        response.headers["X-RateLimit-Limit"] = str(PER_MINUTE)
        response.headers["X-RateLimit-Reset"] = f"{request.state.reset:.3f}"
    return response


def refusal(status: int, kind: str, title: str, detail: str, headers: Any = None) -> JSONResponse:
    body = data.problem(status, kind, title, detail)
    return JSONResponse(body, status, headers, media_type="application/problem+json")


@app.exception_handler(StarletteHTTPException)
async def http_problem(_request: Request, error: StarletteHTTPException) -> JSONResponse:
    kind, title = TITLES.get(error.status_code, ("error", "Error"))
    return refusal(error.status_code, kind, title, str(error.detail), error.headers)


@app.exception_handler(RequestValidationError)
async def validation_problem(_request: Request, error: RequestValidationError) -> JSONResponse:
    return refusal(422, "invalid-parameter", "Invalid parameter", "; ".join(each["msg"] for each in error.errors()))


def page(items: list[Resource], limit: int, cursor: str | None) -> Resource:
    """The items behind the cursor, and the cursor of the last of them if there are more."""
    if cursor is not None:
        after = _decoded(cursor)
        items = [item for item in items if position(item) < after]
    last = position(items[limit - 1]) if len(items) > limit else None
    return {"data": items[:limit], "nextCursor": last and base64.urlsafe_b64encode(json.dumps(last).encode()).decode()}


def _decoded(cursor: str) -> tuple[str, str]:
    try:
        created, id_ = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError):
        raise HTTPException(400, "The cursor is not one of this list.") from None
    if not isinstance(created, str) or not isinstance(id_, str):
        raise HTTPException(400, "The cursor is not one of this list.")
    return created, id_


def one(items: list[Resource], id_: str) -> Resource:
    found = next((item for item in items if item["id"] == id_), None)
    if found is None:
        raise HTTPException(404, "There is no such resource.")
    return found


@app.get("/api/v1/me")
def get_me(key: Anyone) -> dict[str, Any]:
    return data.me(key)


@app.get("/api/v1/contacts", response_model=Page[Contact])
def list_contacts(
    key: ContactsKey,
    listId: str | None = None,
    qualificationStatus: str | None = None,
    q: str | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Resource:
    items = key.organization.contacts
    if listId is not None:
        items = [item for item in items if listId in item["listIds"]]
    if qualificationStatus is not None:
        items = [item for item in items if item["qualificationStatus"] == qualificationStatus]
    if q is not None:
        items = [item for item in items if q.lower() in _searched(item)]
    return page(items, limit, cursor)


def _searched(contact: Resource) -> str:
    words = (contact["firstName"], contact["lastName"], contact["email"] or "", contact["companyName"] or "")
    return " ".join(words).lower()


@app.get("/api/v1/contacts/{id}", response_model=Contact)
def get_contact(key: ContactsKey, id: str) -> Resource:
    return one(key.organization.contacts, id)


@app.get("/api/v1/contacts/{id}/research")
def get_contact_research(key: ContactsKey, id: str) -> dict[str, Any]:
    return one([{**each, "id": each["contactId"]} for each in key.organization.research.values()], id)


@app.get("/api/v1/lists", response_model=Page[ContactList])
def list_lists(
    key: ListsKey,
    includeArchived: bool = False,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Resource:
    items = key.organization.lists
    return page([item for item in items if includeArchived or not item["archivedAt"]], limit, cursor)


@app.get("/api/v1/lists/{id}", response_model=ContactList)
def get_list(key: ListsKey, id: str) -> Resource:
    return one(key.organization.lists, id)


@app.get("/api/v1/drafts", response_model=Page[DraftSummary])
def list_drafts(
    key: DraftsKey,
    status: str | None = None,
    contactId: str | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Resource:
    items = [item for item in key.organization.drafts if status in (None, item["status"])]
    return page([item for item in items if contactId in (None, item["contactId"])], limit, cursor)


@app.get("/api/v1/drafts/{id}", response_model=Draft)
def get_draft(key: DraftsKey, id: str) -> Resource:
    return one(key.organization.drafts, id)


@app.get("/api/v1/events", response_model=Page[Event])
def list_events(
    key: EventsKey,
    eventType: str | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Resource:
    types = None if eventType is None else eventType.split(",")
    return page([item for item in key.organization.events if not types or item["eventType"] in types], limit, cursor)


@app.post("/testing/advance/{seconds}", include_in_schema=False)
def advance(seconds: int) -> None:
    CLOCK.moved += seconds


@app.post("/testing/contacts", include_in_schema=False)
def add_contact() -> None:
    PRIMARY.contacts.insert(0, data.contact(PRIMARY, len(PRIMARY.contacts)))


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")

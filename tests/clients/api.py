"""A client that keeps its side of the contract, made of small steps that wrong ones replace."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from typing import Any

import httpx

from tests.clients.catalogue import Environment

CONTACTS = "/api/v1/contacts"
LISTS = "/api/v1/lists"
DRAFTS = "/api/v1/drafts"
EVENTS = "/api/v1/events"
ME = "/api/v1/me"

Query = dict[str, str]


class Api:
    """Asks, waits when it is told to, tries again what failed, and walks lists to their end."""

    limit = "100"
    tries = 4
    tried_again: tuple[int, ...] = (429, 500, 502, 503, 504)
    time_limit = 20.0
    follow_redirects = False
    verifies = True

    def __init__(self, environment: Environment) -> None:
        self.base_url = environment["OUTBOUND_BASE_URL"]
        self.key = environment["OUTBOUND_API_KEY"]
        self.http = httpx.Client(
            base_url=self.base_url,
            headers=self.headers(),
            timeout=self.time_limit,
            follow_redirects=self.follow_redirects,
            trust_env=False,
            verify=ssl.create_default_context(cafile=self.authorities(environment)) if self.verifies else False,
        )

    def authorities(self, environment: Environment) -> str | None:
        return environment.get("SSL_CERT_FILE")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON of an answer. Raises httpx.HTTPError once it has been tried often enough."""
        for turn in range(1, self.tries + 1):
            try:
                answer = self.send(path, query or {})
            except httpx.TransportError:
                if turn == self.tries:
                    raise
                time.sleep(self.wait_after_failure(turn))
                continue
            if answer.status_code not in self.tried_again or turn == self.tries:
                return self.read(answer)
            time.sleep(self.wait_after(answer, turn))
        raise AssertionError("not reached")

    def send(self, path: str, query: Query) -> httpx.Response:
        return self.http.get(path, params=query)

    def read(self, answer: httpx.Response) -> Any:
        return answer.raise_for_status().json()

    def wait_after(self, answer: httpx.Response, turn: int) -> float:
        return float(answer.headers.get("Retry-After", self.wait_after_failure(turn)))

    def wait_after_failure(self, turn: int) -> float:
        return 0.05 * 2.0**turn

    def walk(self, path: str, query: Query | None = None) -> Iterator[Any]:
        """Every item of a list. Begins anew, once, where a cursor has expired."""
        query = {"limit": self.limit, **(query or {})}
        try:
            yield from self.pages(path, query)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 400 or "cursor" not in error.request.url.params:
                raise
            yield from self.pages(path, query)

    def pages(self, path: str, query: Query) -> Iterator[Any]:
        page = self.get(path, query)
        yield from page["data"]
        while not self.is_last(page):
            page = self.get(path, self.following(query, page["nextCursor"]))
            yield from page["data"]

    def is_last(self, page: Any) -> bool:
        return not page.get("nextCursor")

    def following(self, query: Query, cursor: str) -> Query:
        return {**query, "cursor": cursor}


def sync(api: Api) -> None:
    """What most integrations do: who am I, all contacts, some details, a filtered list."""
    api.get(ME)
    contacts = list(api.walk(CONTACTS))
    for contact in contacts[:3]:
        api.get(f"{CONTACTS}/{contact['id']}")
    list(api.walk(DRAFTS, {"status": "sent"}))

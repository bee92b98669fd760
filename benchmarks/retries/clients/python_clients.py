"""One small client for each retry library: it walks all contacts, and leaves trying again to the library and its defaults.

`python python_clients.py NAME`; OUTBOUND_BASE_URL and OUTBOUND_API_KEY name the API and the key.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import backoff
import httpx
import requests
import tenacity
from aiohttp_retry import RetryClient
from httpx_retries import RetryTransport
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

URL = os.environ["OUTBOUND_BASE_URL"] + "/api/v1/contacts"
HEADERS = {"Authorization": f"Bearer {os.environ['OUTBOUND_API_KEY']}"}
TIME_LIMIT = 10.0

Query = dict[str, str]
Get = Callable[[Query], Any]


def walk(get: Get) -> None:
    """Ask page after page, to the last."""
    query = {"limit": "100"}
    while cursor := get(query).get("nextCursor"):
        query["cursor"] = cursor


def session(retry: Retry | None = None) -> requests.Session:
    """A session with the key, which leaves retrying to `retry`."""
    made = requests.Session()
    made.headers.update(HEADERS)
    if retry is not None:
        made.mount("http://", HTTPAdapter(max_retries=retry))
    return made


def getting(made: requests.Session) -> Get:
    """How a session asks for a page. It raises requests.RequestException for an answer that is not a page."""

    def get(query: Query) -> Any:
        answer = made.get(URL, params=query, timeout=TIME_LIMIT)
        answer.raise_for_status()
        return answer.json()

    return get


def with_requests() -> None:
    """No library: a failure ends the walk."""
    walk(getting(session()))


def with_urllib3() -> None:
    """A number of tries, and nothing else."""
    walk(getting(session(Retry(3))))


def with_urllib3_statuses() -> None:
    """Tries, waits, and the statuses that are worth another try."""
    walk(getting(session(Retry(3, backoff_factor=0.2, status_forcelist=(429, 500, 502, 503, 504)))))


def with_tenacity() -> None:
    """The bare decorator."""
    walk(tenacity.retry(getting(session())))


def with_backoff() -> None:
    """The decorator as its documentation begins."""
    walk(backoff.on_exception(backoff.expo, requests.RequestException)(getting(session())))


def with_httpx_retries() -> None:
    """A transport without arguments."""
    with httpx.Client(headers=HEADERS, timeout=TIME_LIMIT, transport=RetryTransport()) as client:

        def get(query: Query) -> Any:
            return client.get(URL, params=query).raise_for_status().json()

        walk(get)


def with_aiohttp_retry() -> None:
    """A client without retry options."""
    asyncio.run(_walk_with_aiohttp())


async def _walk_with_aiohttp() -> None:
    limit = aiohttp.ClientTimeout(total=TIME_LIMIT)
    async with RetryClient(headers=HEADERS, timeout=limit, raise_for_status=False) as client:
        await _walk(lambda query: _page(client, query))


async def _walk(get: Callable[[Query], Awaitable[Any]]) -> None:
    query = {"limit": "100"}
    while cursor := (await get(query)).get("nextCursor"):
        query["cursor"] = cursor


async def _page(client: RetryClient, query: Query) -> Any:
    async with client.get(URL, params=query) as answer:
        answer.raise_for_status()
        return await answer.json()


CLIENTS = {
    "requests": with_requests,
    "urllib3": with_urllib3,
    "urllib3-statuses": with_urllib3_statuses,
    "tenacity": with_tenacity,
    "backoff": with_backoff,
    "httpx-retries": with_httpx_retries,
    "aiohttp-retry": with_aiohttp_retry,
}

if __name__ == "__main__":
    CLIENTS[sys.argv[1]]()

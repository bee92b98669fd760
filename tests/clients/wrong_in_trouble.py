"""Wrong clients under limits, failures and growth, each named for its lie, under the id of the requirement that it breaks."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from time import sleep
from typing import Any

import httpx

from tests.clients.api import CONTACTS, EVENTS, LISTS, Api, Query, sync
from tests.clients.catalogue import Client, Environment, listed_in

CLIENTS: dict[str, Client] = {}
client = listed_in(CLIENTS)

NOTHING: dict[str, Any] = {"data": [], "nextCursor": None}


@client
def waits_half_as_long_as_it_is_told(environment: Environment) -> None:
    """PACE-1."""

    class Wrong(Api):
        def wait_after(self, answer: httpx.Response, turn: int) -> float:
            return super().wait_after(answer, turn) / 2

    sync(Wrong(environment))


@client
def lets_the_others_go_on_where_one_is_refused(environment: Environment) -> None:
    """PACE-1."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda path: list(Api(environment).walk(path)), (CONTACTS, EVENTS)))


@client
def takes_a_refusal_for_the_end(environment: Environment) -> None:
    """PACE-2."""

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            answer = super().send(path, query)
            return httpx.Response(200, json=NOTHING) if answer.status_code == 429 else answer

        def read(self, answer: httpx.Response) -> Any:
            return answer.json()

    list(Wrong(environment).walk(CONTACTS))


@client
def runs_into_the_limit_with_everything_it_has(environment: Environment) -> None:
    """PACE-3."""
    apis = [Api(environment) for _ in range(5)]
    barrier = Barrier(len(apis))

    def ask(api: Api) -> float:
        barrier.wait()
        return float(api.http.get(CONTACTS).headers.get("Retry-After", 0))

    with ThreadPoolExecutor(len(apis)) as pool:
        for _ in range(2):
            sleep(max(pool.map(ask, apis)) + 0.1)
    raise SystemExit(1)


@client
def insists_on_what_is_not_found(environment: Environment) -> None:
    """FAIL-1."""
    api = Api(environment)
    for _ in range(3):
        api.http.get(f"{CONTACTS}/con_gone")


@client
def hammers_a_failing_server(environment: Environment) -> None:
    """FAIL-2."""

    class Wrong(Api):
        tries = 10

        def wait_after_failure(self, turn: int) -> float:
            return 0.0

    sync(Wrong(environment))


@client
def waits_shorter_each_time(environment: Environment) -> None:
    """FAIL-2."""

    class Wrong(Api):
        tries = 5

        def wait_after_failure(self, turn: int) -> float:
            # So far apart that a machine which stalls for a second does not hide it.
            return (3.9, 2.5, 1.2, 0.0)[turn - 1]

    sync(Wrong(environment))


@client
def waits_the_same_time_each_time(environment: Environment) -> None:
    """FAIL-2."""

    class Wrong(Api):
        tries = 8

        def wait_after_failure(self, turn: int) -> float:
            return 0.5

    sync(Wrong(environment))


@client
def tries_again_what_is_unavailable_alone(environment: Environment) -> None:
    """FAIL-2."""

    class Wrong(Api):
        tried_again = (429, 502, 503, 504)

    sync(Wrong(environment))


@client
def takes_what_it_got_of_a_page_for_whole(environment: Environment) -> None:
    """FAIL-3."""

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            try:
                answer = super().send(path, query)
                answer.json()
            except (httpx.TransportError, ValueError):
                return httpx.Response(200, json=NOTHING, request=httpx.Request("GET", path))
            return answer

    sync(Wrong(environment))


@client
def takes_what_it_got_of_its_second_list_for_whole(environment: Environment) -> None:
    """FAIL-3."""
    api = Api(environment)
    list(api.walk(CONTACTS))
    with suppress(httpx.TransportError):
        api.send(LISTS, {"limit": "50"})


@client
def waits_for_ever(environment: Environment) -> None:
    """FAIL-4."""

    class Wrong(Api):
        time_limit = 3_600.0

    sync(Wrong(environment))


MEMBERS = {
    *("id", "email", "firstName", "lastName", "title", "companyName", "companyDomain", "linkedinUrl", "location"),
    *("qualificationStatus", "qualificationScore", "listIds", "createdAt", "updatedAt"),
}


@client
def refuses_unknown_members(environment: Environment) -> None:
    """OPEN-1."""
    for contact in Api(environment).walk(CONTACTS):
        if set(contact) - MEMBERS:
            raise SystemExit(1)


@client
def knows_all_statuses(environment: Environment) -> None:
    """OPEN-1."""
    ranks = {"unqualified": 0, "pending": 1, "qualified": 2, "disqualified": 3}
    for contact in Api(environment).walk(CONTACTS):
        ranks[contact["qualificationStatus"]]


@client
def counts_on_every_member(environment: Environment) -> None:
    """OPEN-1."""
    for contact in Api(environment).walk(CONTACTS):
        (contact.get("firstName", "") + "").strip()


@client
def reads_the_same_contact_for_every_row(environment: Environment) -> None:
    """COST-1."""
    api = Api(environment)
    contact = next(iter(api.walk(CONTACTS)))
    for _ in range(5):
        api.get(f"{CONTACTS}/{contact['id']}")


@client
def walks_in_tiny_steps(environment: Environment) -> None:
    """COST-2."""

    class Wrong(Api):
        limit = "20"

    list(Wrong(environment).walk(CONTACTS))


@client
def opens_a_connection_for_every_request(environment: Environment) -> None:
    """COST-3."""

    trusted = ssl.create_default_context()

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            url = self.base_url + path
            return httpx.get(url, params=query, headers=self.headers(), trust_env=False, verify=trusted)

    api = Wrong(environment)
    sync(api)
    for one in list(api.walk(LISTS))[:4]:
        api.get(f"{LISTS}/{one['id']}")


@client
def opens_a_connection_for_every_request_of_its_threads(environment: Environment) -> None:
    """COST-3."""
    api = Api(environment)
    contacts = api.get(CONTACTS, {"limit": "60"})["data"]
    trusted = ssl.create_default_context()

    def details(contact: Any) -> None:
        url = f"{api.base_url}{CONTACTS}/{contact['id']}"
        httpx.get(url, headers=api.headers(), trust_env=False, verify=trusted)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(details, contacts))

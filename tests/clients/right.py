"""Right clients: each does something unusual that the contract allows."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import httpx
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from tests.clients.api import CONTACTS, DRAFTS, EVENTS, LISTS, ME, Api, Query, sync
from tests.clients.catalogue import Client, Environment, listed_in

CLIENTS: dict[str, Client] = {}
client = listed_in(CLIENTS)


@client
def sequential(environment: Environment) -> None:
    """One request after the other."""
    sync(Api(environment))


@client
def concurrent(environment: Environment) -> None:
    """Several lists at a time, each over a connection of its own. When one request is refused, all wait."""

    class Shared(Api):
        resumes: ClassVar[float] = 0.0

        def send(self, path: str, query: Query) -> httpx.Response:
            while (left := Shared.resumes - time.monotonic()) > 0:
                time.sleep(left)
            answer = super().send(path, query)
            if answer.status_code == 429:
                Shared.resumes = time.monotonic() + self.wait_after(answer, 1)
            return answer

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: list(Shared(environment).walk(path)), (CONTACTS, LISTS, DRAFTS, EVENTS)))


@client
def asynchronous(environment: Environment) -> None:
    """Many requests in flight at once in one thread."""

    async def details() -> None:
        ids = [contact["id"] for contact in islice(Api(environment).walk(CONTACTS), 20)]
        headers = {"Authorization": f"Bearer {environment['OUTBOUND_API_KEY']}"}
        async with httpx.AsyncClient(
            base_url=environment["OUTBOUND_BASE_URL"], headers=headers, trust_env=False
        ) as api:
            answers = await asyncio.gather(*(api.get(f"{CONTACTS}/{one}") for one in ids))
        for answer in answers:
            answer.raise_for_status()

    asyncio.run(details())


@client
def stops_early(environment: Environment) -> None:
    """Wants ten contacts and takes ten."""
    list(islice(Api(environment).walk(CONTACTS, {"limit": "10"}), 10))


@client
def filters_for_itself(environment: Environment) -> None:
    """Reads all and keeps what it wants, without a filter of the API."""
    [contact for contact in Api(environment).walk(CONTACTS) if contact["email"]]


@client
def polls_the_feed(environment: Environment) -> None:
    """Asks for new events, and whether its key still counts, every five seconds."""
    api = Api(environment)
    for turn in range(5):
        time.sleep(5 * bool(turn))
        api.get(ME)
        api.get(EVENTS, {"limit": "5"})


@client
def speaks_http_1_0(environment: Environment) -> None:
    """A connection for each of its few requests, since its HTTP has no other."""

    class Old(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            connection: Any = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=20)
            connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # there is no other way
            try:
                connection.request("GET", f"{path}?{urlencode(query)}" if query else path, headers=self.headers())
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                raise httpx.ReadError(str(error)) from error
            finally:
                connection.close()
            request = httpx.Request("GET", self.base_url + path)
            return httpx.Response(answer.status, headers=answer.getheaders(), content=body, request=request)

    list(Old(environment).walk(CONTACTS))


@client
def keeps_no_connection(environment: Environment) -> None:
    """Ends each connection after its answer."""

    class Short(Api):
        def headers(self) -> dict[str, str]:
            return {**super().headers(), "Connection": "close"}

    list(Short(environment).walk(CONTACTS))


@client
def follows_redirects(environment: Environment) -> None:
    """Follows redirects with a library that leaves the key at home."""

    class Following(Api):
        follow_redirects = True

    sync(Following(environment))


@client
def tries_a_refused_key_once_more(environment: Environment) -> None:
    """Reads its key anew after a 401, and finds the same one."""

    class Stubborn(Api):
        def read(self, answer: httpx.Response) -> Any:
            return super().read(self.http.send(answer.request) if answer.status_code == 401 else answer)

    sync(Stubborn(environment))


@client
def gives_up_at_once(environment: Environment) -> None:
    """Ends with an error at the first refusal or failure, and says so by its exit code."""

    class Strict(Api):
        tries = 1

    sync(Strict(environment))


@client
def waits_two_seconds(environment: Environment) -> None:
    """Gives up an answer that does not come within two seconds, and asks again."""

    class Hurried(Api):
        time_limit = 2.0

    sync(Hurried(environment))


@client
def leaves_trying_to_urllib3(environment: Environment) -> None:
    """`requests` with urllib3's Retry, told of 429 and 5xx."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {environment['OUTBOUND_API_KEY']}"
    retry = Retry(total=4, backoff_factor=0.1, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET",))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    query: Query = {"limit": "100"}
    while True:
        answer = session.get(environment["OUTBOUND_BASE_URL"] + CONTACTS, params=query, timeout=20)
        answer.raise_for_status()
        page = json.loads(answer.content)
        if not page.get("nextCursor"):
            break
        query["cursor"] = page["nextCursor"]


@client
def trusts_the_authorities_it_brings(environment: Environment) -> None:
    """Verifies certificates, and looks at no file that its environment names."""

    class Own(Api):
        def authorities(self, _environment: Environment) -> str:
            return requests.utils.DEFAULT_CA_BUNDLE_PATH

    Own(environment).get(ME)


@client
def asks_me_alone(environment: Environment) -> None:
    """Says who it is, and that is all."""
    Api(environment).get(ME)


@client
def does_nothing(environment: Environment) -> None:
    """Nothing at all."""
    assert environment

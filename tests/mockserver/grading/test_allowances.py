"""What the requirements allow: for each clause of the table there is a client that uses it, and it breaks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from mockserver.grading.deliveries import Maker
from mockserver.grading.records import Run
from mockserver.grading.rules import judge
from mockserver.webhooks.signing import HEADER, digest
from spec.client_requirements import client_requirements
from tests.support.graded_runs import CONTACTS, LISTS, ME, Story, probe

Cases = Mapping[str, Mapping[str, Run]]


def walked(trial: str = "plain", limit: int = 100, plain: Run | None = None) -> Story:
    """A walk of two pages."""
    story = Story(trial, plain).page(f"{CONTACTS}?limit={limit}", limit, "c1")
    return story.page(f"{CONTACTS}?limit={limit}&cursor=c1", 30)


def broken(trial: str, mark: str) -> Story:
    """A walk whose second page was broken."""
    plain = walked().run()
    story = Story(trial, plain).page(f"{CONTACTS}?limit=100", 100, "c1")
    return story.ask(f"{CONTACTS}?limit=100&cursor=c1", complete=mark != "truncated", mark=mark)


def expired() -> Story:
    """A walk whose cursor expired."""
    story = Story("expiring-cursors", walked().run()).page(f"{CONTACTS}?limit=100", 100, "c1")
    return story.ask(f"{CONTACTS}?limit=100&cursor=c1", 400, mark="expired")


def refused() -> Story:
    """A walk whose second page was refused with 429 at the end of the run."""
    return walked().page(f"{CONTACTS}?limit=100", 100, "c1").refused(f"{CONTACTS}?limit=100&cursor=c1", 2)


def failing(*waits: float, mark: str = "server-error") -> Run:
    """A request that failed, and was tried again after these waits, the last time with success."""
    status = None if mark == "dropped" else 500
    story = Story("server-errors", Story().ask(ME).run()).ask(ME, status, mark=mark)
    for wait in waits[:-1]:
        story.ask(ME, status, mark=mark, wait=wait)
    return story.ask(ME, wait=waits[-1]).run()


def times(target: str, count: int, wait: float) -> Run:
    """The same request, sent several times."""
    story = Story()
    for _ in range(count):
        story.ask(target, wait=wait)
    return story.run()


def small_pages(pages: int, *, ended: bool) -> Run:
    """A list in pages of 25."""
    story = Story().page(f"{CONTACTS}?limit=25", 25, "c1")
    for number in range(1, pages):
        last = ended and number == pages - 1
        story.page(f"{CONTACTS}?limit=25&cursor=c{number}", 25, None if last else f"c{number + 1}")
    return story.run()


def connected(requests: int, per_connection: int) -> Run:
    """Requests over several connections."""
    story = Story()
    for number in range(requests):
        story.ask(f"{CONTACTS}/con_{number}", connection=1 + number // per_connection)
    return story.run()


def at_once(requests: int) -> Run:
    """Requests that are in flight together, but are served one after the other."""
    story = Story()
    for number in range(requests):
        story.ask(f"{CONTACTS}/con_{number}", at=1 + 0.1 * number, connection=number + 1, opened=1.0)
    return story.run()


def received(requirement: str, status: int | None, *, good: bool = False, after_good: bool = True) -> Run:
    """A delivery with this answer."""
    return Run("receiver", (), probes=(probe(requirement, status, good=good, after_good=after_good),))


def hung_up_on() -> Run:
    """A receiver that accepts a good delivery, and closes the connection of one with a huge header."""
    good = probe("HOOK-R1", 200, good=True)
    return Run("receiver", (), probes=(good, probe("HOOK-R7", None, good=False, may_hang_up=True)))


def certificates() -> Run:
    """A run over TLS of a client that does not even speak to the server with a valid certificate."""
    return Story("wrong-host", Story("well-certified").run()).ask(ME).run()


ALLOWED: Cases = {
    "KEY-1": {
        "A request without a key beside others that have one: a test that it is refused.": (
            Story().ask(ME).ask(ME, 401, key=None, request_headers=()).run()
        ),
    },
    "KEY-2": {
        "A client that follows a redirect without the key, or does not follow it.": (
            Story("redirect-elsewhere")
            .ask(ME, 307, mark="redirected")
            .run(elsewhere=Story().ask(ME, key=None).run().exchanges)
        ),
    },
    "KEY-3": {
        "One more try": Story("revoked-key").ask(ME, 401).ask(ME, 401).run(),
        "the same request with another key.": (
            Story("revoked-key").ask(ME, 401).ask(ME, 401, key="key_2").ask(ME, 401, key="key_3").run()
        ),
    },
    "KEY-4": {"A client that does not speak to a well-certified server either is not seen.": certificates()},
    "WALK-1": {
        "A cursor that an earlier run of the command was given.": (
            Story().page(f"{CONTACTS}?cursor=kept", 20).run(cursors=frozenset({"kept"}))
        ),
    },
    "WALK-2": {
        "Another `limit`, another order of the parameters, another key of the same organization.": (
            Story()
            .page(f"{CONTACTS}?limit=100&q=a", 100, "c1")
            .page(f"{CONTACTS}?q=a&cursor=c1&limit=50", 50, key="key_2")
            .run()
        ),
    },
    "WALK-3": {
        "A list that the plain run did not walk to its end.": (
            Story("small-pages", Story().page(CONTACTS, 50, "c1").run()).page(CONTACTS, 50, "c1").run()
        ),
    },
    "WALK-4": {"A new walk without a cursor.": walked().page(f"{CONTACTS}?limit=100", 100, "c1").run()},
    "WALK-5": {"No limit at all.": Story().page(CONTACTS, 50).run()},
    "WALK-6": {
        "A walk that begins anew, also under another limit": expired().page(f"{CONTACTS}?limit=50", 50, "d1").run(),
        "an exit code other than 0.": expired().run(exit_code=1),
    },
    "ASK-1": {
        "HEAD and OPTIONS": Story().ask(CONTACTS, method="HEAD").ask(CONTACTS, 204, method="OPTIONS").run(),
        "the documentation under `/api-docs`": Story().ask(CONTACTS).ask("/api-docs/openapi.json").run(),
        "requests outside of the API that carry no key.": (
            Story().ask(CONTACTS).ask("/favicon.ico", 404, key=None, request_headers=()).run()
        ),
    },
    "ASK-2": {
        "OPTIONS requests": Story().ask(f"{CONTACTS}?limit=5").ask(f"{CONTACTS}?x=1", 204, method="OPTIONS").run(),
        "a key in the query, which is KEY-1's affair.": Story().ask(f"{CONTACTS}?limit=5&key=obk_live_secret").run(),
    },
    "ASK-3": {
        "A value that an answer has shown": (
            Story()
            .ask(CONTACTS, body=b'{"data":[{"qualificationStatus":"nurturing"}]}')
            .ask(f"{CONTACTS}?qualificationStatus=nurturing")
            .run()
        ),
        "`includeArchived=0`.": Story().ask(f"{LISTS}?includeArchived=0").run(),
    },
    "PACE-1": {
        "What was sent before the 429's last byte, and up to 250 ms after it on other connections": (
            Story()
            .refused(CONTACTS, at=1.0)
            .ask(ME, at=1.01)
            .ask(ME, at=1.25, connection=2)
            .page(CONTACTS, 50, at=7.0)
            .run()
        ),
        "waits that are up to 100 ms short": Story().refused(CONTACTS, 5).page(CONTACTS, 50, wait=4.91).run(),
        "another key.": Story().refused(CONTACTS).ask(ME, key="key_2").page(CONTACTS, 50, wait=5).run(),
    },
    "PACE-2": {
        "A walk that begins anew": refused().page(f"{CONTACTS}?limit=100", 100, "c1", wait=3).run(),
        "an exit code other than 0.": refused().run(exit_code=1),
    },
    "PACE-3": {
        "Refusals of one burst that was in flight together count as one.": (
            Story()
            .refused(CONTACTS, at=1.0)
            .refused(ME, at=1.01, connection=2)
            .refused(LISTS, at=1.02, connection=3)
            .refused(f"{CONTACTS}/con_1", at=1.03, connection=4)
            .ask(CONTACTS, at=7.0)
            .ask(ME)
            .ask(LISTS)
            .ask(f"{CONTACTS}/con_1")
            .run()
        ),
    },
    "FAIL-1": {
        "Twice within the run where something else was asked in between": (
            Story().ask(f"{CONTACTS}/con_1", 404).ask(ME).ask(f"{CONTACTS}/con_1", 404).run()
        ),
        "one more try after a 403, as KEY-3 has it.": Story().ask(CONTACTS, 403).ask(CONTACTS, 403).run(),
    },
    "FAIL-2": {
        "Any waits that grow, with or without jitter": failing(0.6, 0.9, 2.4, 3.1, 8.0),
        "the first retry at once where the connection broke.": failing(0.0, 0.5, mark="dropped"),
    },
    "FAIL-3": {
        "A walk that begins anew": broken("truncated-bodies", "truncated")
        .page(f"{CONTACTS}?limit=100", 100, "c1")
        .run(),
        "an exit code other than 0.": broken("proxy-errors", "proxy-error").run(exit_code=1),
    },
    "FAIL-4": {
        "Any limit below 120 s.": (
            Story("silence", Story().ask(ME).run()).ask(ME, None, mark="silence", ended=119.0).ask(ME).run()
        ),
    },
    "OPEN-1": {
        "Lists that depend on what other answers said are not compared.": (
            Story("sparse-data", Story().page(CONTACTS, 50).page(f"{CONTACTS}?listId=lst_1", 9).run())
            .page(CONTACTS, 50)
            .run()
        ),
    },
    "COST-1": {"Polling of `/events` and `/me` every 5 s or more.": times("/api/v1/events", 9, 5.0)},
    "COST-2": {
        "Up to 100 items in smaller pages": small_pages(4, ended=True),
        "a walk that stops early.": small_pages(9, ended=False),
    },
    "COST-3": {
        "Ten requests or fewer": connected(10, 1),
        "half as many connections as requests": connected(20, 2),
        "requests in flight at once count as one over one connection.": at_once(20),
    },
    "HOOK-R1": {"Any 2xx.": received("HOOK-R1", 202, good=True)},
    "HOOK-R2": {
        "Any 4xx": received("HOOK-R2", 422),
        "judged only where the good sibling was accepted just before.": received("HOOK-R2", 200, after_good=False),
    },
    "HOOK-R3": {"Any 4xx": received("HOOK-R3", 409), "the delivery is ten minutes old.": received("HOOK-R3", 400)},
    "HOOK-R4": {"The right one first or last.": received("HOOK-R4", 200, good=True)},
    "HOOK-R5": {
        "White space, escapes, numbers such as `1.0` and `1e2`, characters beyond ASCII, repeated members are all good "
        "deliveries.": received("HOOK-R5", 204, good=True)
    },
    "HOOK-R6": {"Any 2xx.": received("HOOK-R6", 208, good=True)},
    "HOOK-R7": {
        "Any answer below 500": received("HOOK-R7", 200),
        "a connection that is closed after a huge header.": hung_up_on(),
    },
}
"""For each requirement, what it allows, clause by clause in the table's words, with the run of a client that uses it."""


def cases() -> Iterator[tuple[str, str]]:
    return ((requirement, clause) for requirement, clauses in ALLOWED.items() for clause in clauses)


@pytest.mark.parametrize(("requirement", "clause"), list(cases()))
def test_what_is_allowed_is_not_held_against_a_client(requirement: str, clause: str) -> None:
    judgements = judge(ALLOWED[requirement][clause])
    musts = [one.id for one in client_requirements() if one.level == "must"]
    assert judgements[requirement].findings == ()
    assert [name for name in musts if name in judgements and judgements[name].findings] == []


def test_every_clause_of_the_table_has_a_client() -> None:
    told = {requirement.id: set(requirement.allows.split("; ")) for requirement in client_requirements()}
    assert {name: set(clauses) for name, clauses in ALLOWED.items()} == told


def test_what_crashes_json_libraries_is_not_signed_rightly() -> None:
    nested = [delivery for delivery in Maker("whsec_x", "org_1", 0).all() if delivery.body.startswith(b"[[[")]
    assert [delivery.name for delivery in nested] == ["a deeply nested body, signed with another secret"]
    assert digest("whsec_x", "0", nested[0].body) not in nested[0].headers[HEADER]


def test_the_deliveries_have_every_spelling_and_order_that_the_table_names() -> None:
    names = [
        delivery.name
        for delivery in Maker("whsec_x", "org_1", 0).all()
        if delivery.requirement in ("HOOK-R4", "HOOK-R5")
    ]
    assert names == [
        "the right digest first of two",
        "the right digest last of two",
        "white space in the body",
        "escapes in the body",
        "characters beyond ASCII",
        "numbers such as 1.0 and 1e2",
        "a repeated member",
    ]

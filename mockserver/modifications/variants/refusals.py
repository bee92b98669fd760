"""Other ways to refuse a request."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate

from starlette.types import Scope

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.limits import Admission
from mockserver.api.parameters import ParameterRules, Parameters
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Members, ParameterError, Problem, Refused, invalid_parameter, not_found
from mockserver.api.response import Header, Response, json_bytes
from mockserver.modifications.helpers.requests import query, resource_asked
from mockserver.modifications.helpers.responses import (
    change_kind,
    change_members,
    change_problems,
    rewriting,
    with_header,
    with_status,
    without_challenge,
)
from mockserver.modifications.registry import variant
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position

_TYPE = b"content-type"


@variant()
def writes_not_found(pipeline: Pipeline) -> None:
    """Only GET is routed: a write is answered 404 (OP-6: 405, or 404/501)."""
    change_kind(pipeline, "method-not-allowed", lambda _problem, _scope: not_found())


@variant()
def writes_not_implemented(pipeline: Pipeline) -> None:
    """A write is answered 501 (OP-6: 405, or 404/501)."""
    change_kind(pipeline, "method-not-allowed", lambda problem, _scope: with_status(problem, 501))


@variant()
def problems_with_charset(pipeline: Pipeline) -> None:
    """Problems name their charset (ERROR-1: a charset is allowed)."""
    inner = pipeline.problem_response

    def answer(problem: Problem, members: Members) -> Response:
        told = inner(problem, members)
        told.headers = with_header(told.headers, _TYPE, b"application/problem+json; charset=utf-8")
        return told

    pipeline.problem_response = answer


@variant()
def unauthorized_says_how(pipeline: Pipeline) -> None:
    """A 401 says how to present a key, and names the scheme: it is no secret, even if a request held nothing else."""

    def change(problem: Problem, _scope: Scope) -> Problem:
        said = f"{problem.detail} Send Authorization: Bearer <key>, where Basic and Token are not accepted."
        return replace(problem, detail=said) if problem.kind.status == 401 else problem

    change_problems(pipeline, change)


@variant(bends=("OP-9",))  # its document does not say so
def problems_of_own_form(pipeline: Pipeline) -> None:
    """Problems have no instance, and have other members, such as `errors` in another form (RFC 9457 3.2)."""

    def change(members: Members) -> Members:
        kept = {name: value for name, value in members.items() if name != "instance"}
        return {**kept, "traceId": "0af7651916cd43dd", "errors": {"limit": ["is out of range"]}}

    change_members(pipeline, change)


@variant(bends=("OP-9",))  # its document does not say so
def problems_name_the_id(pipeline: Pipeline) -> None:
    """A 404 has the id that the path names as members of its own, `id` and `contactId` (RFC 9457 3.2)."""

    def change(scope: Scope, answer: Response) -> None:
        asked = resource_asked(scope)
        if answer.status == 404 and answer.body and asked:
            answer.body = json_bytes({**json.loads(answer.body), "id": asked[1], "contactId": asked[1]})

    pipeline.outer.append(rewriting(change))


@variant(bends=("ERROR-4",))
def own_error_base(pipeline: Pipeline) -> None:
    """Types of problems begin with a base URL of the server's own (ERROR-4 is a should)."""

    def change(members: Members) -> Members:
        return {**members, "type": f"urn:outbound:{str(members['type']).rpartition('/')[2]}"}

    change_members(pipeline, change)


@variant(bends=("AUTH-5",))
def challenge_absent(pipeline: Pipeline) -> None:
    """A 401 has no WWW-Authenticate (AUTH-5 is a should)."""
    without_challenge(pipeline)


@variant()
def unknown_parameters_refused(pipeline: Pipeline) -> None:
    """A query parameter that the documentation does not name is answered 400 (FILTER, reading: a 400 is accepted too)."""
    inner = pipeline.read_parameters

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        unknown = [ParameterError(name[:50], "is unknown") for name in query(scope) if name not in rules.query]
        if unknown:
            raise Refused(replace(invalid_parameter(unknown), detail="There is no such parameter."))
        return inner(rules, scope)

    pipeline.read_parameters = read


def _refuse_values(pipeline: Pipeline, refusal: Callable[[str], Problem], *names: str) -> None:
    """Refuse a filter value that no resource of the caller has."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
        for name in names:
            if name in filters and not inner(caller, collection, {name: filters[name]}, None, 1).items:
                raise Refused(refusal(name))
        return inner(caller, collection, filters, after, limit)

    pipeline.page = page


@variant(bends=("OP-9",))  # its document does not say so
def unknown_filter_ids_not_found(pipeline: Pipeline) -> None:
    """A filter by a list or contact that the organization does not have is answered 404 (FILTER-9, TENANT-3)."""
    inner = pipeline.page
    stores = {"listId": "lists", "contactId": "contacts"}

    def page(caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
        for name, store in stores.items():
            if name in filters and getattr(caller.tenant, store).get(filters[name]) is None:
                raise Refused(not_found("What the filter names does not exist."))
        return inner(caller, collection, filters, after, limit)

    pipeline.page = page


@variant()
def check_characters(pipeline: Pipeline) -> None:
    """Ids end in a check character, and one with a wrong character is malformed: 400 (OP-10: 404 is for well-formed ids)."""
    inner_single, inner_page = pipeline.single, pipeline.page

    def refuse_malformed(name: str, id_: str) -> None:
        tenants = pipeline.state.tenants.values()
        known = any(
            getattr(tenant, store).get(id_) for tenant in tenants for store in ("contacts", "lists", "drafts", "events")
        )
        if not known and sum(id_.encode()) % 8:
            raise Refused(invalid_parameter([ParameterError(name, "has a wrong check character")]))

    def single(caller: Caller, collection: str, id_: str) -> bytes | None:
        refuse_malformed("id", id_)
        return inner_single(caller, collection, id_)

    def page(caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
        for name in {"listId", "contactId"} & set(filters):
            refuse_malformed(name, filters[name])
        return inner_page(caller, collection, filters, after, limit)

    pipeline.single, pipeline.page = single, page


@variant()
def unknown_values_refused(pipeline: Pipeline) -> None:
    """A filter by a status or type that no resource has is answered 400 (FILTER-9: an empty page, or a 400/404)."""

    def refusal(name: str) -> Problem:
        return invalid_parameter([ParameterError(name, "is no value that this filter knows")])

    _refuse_values(pipeline, refusal, "qualificationStatus", "status", "eventType")


@variant()
def vary_instead_of_private(pipeline: Pipeline) -> None:
    """Answers have Vary: Authorization instead of Cache-Control: private (TENANT-8: one of them is enough)."""

    def change(scope: Scope, answer: Response) -> None:
        if isinstance(scope.get(CALLER), Caller):
            answer.headers = with_header(answer.headers, b"cache-control", b"max-age=0, must-revalidate")

    pipeline.outer.append(rewriting(change))


@variant()
def retry_after_as_date(pipeline: Pipeline) -> None:
    """Retry-After is an HTTP date (RATE-5: seconds or an HTTP date)."""

    def date(admission: Admission, now: float) -> bytes:
        return formatdate(math.ceil(now + admission.retry_after), usegmt=True).encode()

    pipeline.retry_after = date


@variant()
def reset_from_now(pipeline: Pipeline) -> None:
    """X-RateLimit-Reset is in seconds from now (RATE, reading: epoch seconds or seconds from now)."""

    def headers(admission: Admission, now: float) -> list[Header]:
        return [
            (b"x-ratelimit-limit", b"%d" % admission.limit),
            (b"x-ratelimit-reset", b"%d" % math.ceil(max(0.0, admission.reset - now))),
        ]

    pipeline.rate_headers = headers


@variant()
def limits_unprocessable(pipeline: Pipeline) -> None:
    """A bad limit is answered 422, another bad parameter 400, both with one type (ERROR-4: one kind, one type and title)."""
    document = copy.deepcopy(dict(pipeline.document))
    for path in document["paths"].values():
        answers = path["get"]["responses"]
        answers |= {"422": answers["400"]} if "400" in answers else {}
    pipeline.document = document

    def change(problem: Problem, _scope: Scope) -> Problem:
        named = any(error.parameter == "limit" for error in problem.errors)
        return with_status(problem, 422) if named else problem

    change_kind(pipeline, "invalid-parameter", change)

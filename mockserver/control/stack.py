"""Connexion, cut to what the control API needs: it routes by the document, and has bodies and parameters checked by it."""

# Connexion has no type hints, so its classes are of type Any:
# mypy: disallow-subclassing-any=False

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from mockserver.api.connexion_import import connexion
from mockserver.api.openapi_30 import to_openapi_30
from mockserver.api.parameters import Rules, compile_rules, read_parameters
from mockserver.api.problems import Refused
from mockserver.api.response import Response, json_bytes, problem_response
from mockserver.api.routing import Routing
from mockserver.cluster.replay import NOW
from mockserver.control.body import Check, compiled, parse, read_body
from mockserver.control.call import ASK, CALL, WORLDS, Call, Handler, Refusal, bad_input
from mockserver.control.document import LONGEST_BODY, body_schema, methods_of, operations, self_contained, success
from mockserver.worlds.world import WORLD

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("outbound.mock")


def build(document: Mapping[str, Any], handlers: Mapping[str, Handler]) -> ASGIApp:
    """The application that answers the operations of the document. Raises KeyError for one without a handler."""
    described = {operation["operationId"]: operation for operation in operations(document).values()}

    class Validation:
        """The check of one operation's requests."""

        def __init__(self, operation: Any, next_app: ASGIApp) -> None:
            own = described[operation.operation_id]
            # A compiled schema takes half a megabyte: who never sends a body should not pay for it.
            self._check = cache(lambda: _check(own, document))
            self._longest = own.get("x-longest-body", LONGEST_BODY)
            self._rules = compile_rules(operation.parameters)
            self._next_app = next_app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            scope[CALL] = await _call(scope, receive, self._rules, self._check(), self._longest)
            await self._next_app(scope, receive, send)

    class ValidationApi(connexion.middleware.request_validation.RequestValidationAPI):
        """Connexion's table of what validates an operation's requests."""

        def make_operation(self, operation: Any) -> Validation:
            return Validation(operation, self.next_app)

    class ValidationMiddleware(connexion.middleware.request_validation.RequestValidationMiddleware):
        """Connexion's validation, with compiled rules."""

        api_cls = ValidationApi

    class Operation:
        """The end of a call's way: its handler's value, sent."""

        def __init__(self, operation: Any) -> None:
            self._handle = handlers[operation.operation_id]
            self._status = success(described[operation.operation_id])

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await _answer(self._status, await _handled(self._handle, scope[CALL]))(scope, receive, send)

    class OperationsApi(connexion.AsyncApi):
        """Connexion's table of operations."""

        def make_operation(self, operation: Any) -> Operation:
            return Operation(operation)

    class Operations(connexion.apps.asynchronous.AsyncASGIApp):
        """Connexion's innermost application."""

        api_cls = OperationsApi

    stack = connexion.ConnexionMiddleware(
        Operations(),
        middlewares=[connexion.middleware.exceptions.ExceptionMiddleware, Routing, ValidationMiddleware],
        resolver=connexion.Resolver(handlers.__getitem__),
    )
    for kind, handler in _error_handlers().items():
        stack.add_error_handler(kind, handler)
    stack.add_api(to_openapi_30(_routed(document)))
    app: ASGIApp = stack
    return app


def _routed(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What Connexion needs to know: it would take every schema to pieces, and keep them for each operation."""
    kept = {
        path: {
            method: {
                **{name: operation[name] for name in ("operationId", "parameters") if name in operation},
                "responses": {"default": {"description": "See the document."}},
            }
            if method != "parameters"
            else operation
            for method, operation in item.items()
        }
        for path, item in document["paths"].items()
    }
    return {**document, "paths": kept}


def _check(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Check:
    schema = body_schema(operation)
    return compiled(None if schema is None else self_contained(schema, document))


async def _call(scope: Scope, receive: Receive, rules: Rules, check: Check, longest: int) -> Call:
    _check_query(rules, scope["query_string"])
    try:
        parameters = read_parameters(rules, scope)
    except Refused as refused:
        errors = "; ".join(f"{error.parameter} {error.detail}" for error in refused.problem.errors)
        raise bad_input(f"{errors}.") from None
    body = check(parse(await read_body(scope, receive, longest)))
    query = {"limit": parameters.limit, "cursor": parameters.cursor, **parameters.filters}
    now = scope[NOW] if NOW in scope else scope[WORLD].state.clock.now()
    where = scope[WORLDS], scope[WORLD], scope[ASK]
    return Call(*where, now, _base_url(scope), parameters.path, query, body)


def _check_query(rules: Rules, query: bytes) -> None:
    """Raises Refusal for a parameter that the operation does not have: a slip of the pen must not go unnoticed."""
    for pair in query.split(b"&"):
        name = pair.partition(b"=")[0].decode("latin-1")
        if name and name not in rules.query:
            known = f"; there are {', '.join(rules.query)}" if rules.query else ""
            raise bad_input(f"This call has no such query parameter{known}.")


def _base_url(scope: Scope) -> str:
    host = dict(scope["headers"]).get(b"host", b"127.0.0.1").decode("latin-1")
    return f"{scope['scheme']}://{host}"


async def _handled(handle: Handler, call: Call) -> Any:
    with call.state.clock.at(call.now):
        value = handle(call)
    return await value if inspect.isawaitable(value) else value


def _answer(status: int, value: Any) -> Response:
    if value is None:
        answer = Response(status, b"", b"")
        answer.headers = []
        return answer
    return Response(status, b"application/json", value if isinstance(value, bytes) else json_bytes(value))


def _error_handlers() -> dict[type[Exception], Any]:
    from starlette.exceptions import HTTPException

    async def refused(_request: Any, error: Refusal) -> Any:
        return _response(problem_response(error.status, error.title, error.detail))

    async def http_error(request: Any, error: HTTPException) -> Any:
        if error.status_code != 405:
            return _response(problem_response(404, "Not found", "The control API has no such path."))
        allowed = ", ".join(methods_of(request.scope["path"]))
        detail = f"This path allows {allowed}."
        return _response(problem_response(405, "Method not allowed", detail, [(b"allow", allowed.encode())]))

    async def defect(request: Any, error: Exception) -> Any:
        logger.error("A call failed: %s", request.method, exc_info=error)
        return _response(problem_response(500, "Internal error", "The mock failed to answer this call."))

    return {Refusal: refused, HTTPException: http_error, Exception: defect}


def _response(answer: Response) -> Any:
    headers = {name.decode(): value.decode("latin-1") for name, value in answer.headers}
    return connexion.lifecycle.ConnexionResponse(answer.status, body=answer.body, headers=headers)

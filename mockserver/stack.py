"""Connexion, cut to what the API needs: it routes, secures and validates every request from the document.

What it would do anew for every request is done once here: the rules for parameters are compiled, an operation calls its handler
without decorators, and the caller, whom the edge has identified already, is checked against the operation's scopes.
"""

# Connexion has no type hints, so its classes are of type Any:
# mypy: disallow-subclassing-any=False

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mockserver.access import problems
from mockserver.access.caller import CALLER
from mockserver.access.parameters import PARAMETERS, compile_rules
from mockserver.access.problems import Problem, Refused
from mockserver.handlers import HANDLERS
from mockserver.parts import PARTS
from mockserver.quiet import connexion
from mockserver.view import to_openapi_30

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("outbound.mock")


def build(document: Mapping[str, Any]) -> ASGIApp:
    """The application that answers the operations of an OpenAPI 3.1 document with the parts that a request's scope holds.

    Raises ViewError for a document that OpenAPI 3.0 cannot express, KeyError for an operation without a handler.
    """
    stack = connexion.ConnexionMiddleware(
        _Operations(),
        middlewares=[
            connexion.middleware.exceptions.ExceptionMiddleware,
            Routing,
            connexion.middleware.security.SecurityMiddleware,
            _ValidationMiddleware,
        ],
        resolver=connexion.Resolver(HANDLERS.__getitem__),
        security_map={"bearer": _ScopeCheck},
    )
    for kind, handler in _error_handlers().items():
        stack.add_error_handler(kind, handler)
    stack.add_api(to_openapi_30(document))
    app: ASGIApp = stack
    return app


class Routing(connexion.middleware.routing.RoutingMiddleware):
    """Connexion's routing without Starlette's redirects from `/contacts/` to `/contacts`: that path is unknown."""

    def add_api(self, *args: Any, **options: Any) -> None:
        """Route the operations of a document."""
        super().add_api(*args, **options)
        for mount in self.router.routes:
            mount.app.redirect_slashes = False


class _ScopeCheck(connexion.security.BearerSecurityHandler):
    """The security check of the bearer scheme: a caller, who holds the scopes that the operation requires."""

    def get_fn(self, _scheme: Mapping[str, Any], required: Sequence[str]) -> Callable[[Any], Mapping[str, str]]:
        def check(request: Any) -> Mapping[str, str]:
            scope = request.scope
            caller = scope[CALLER]
            if isinstance(caller, Problem):
                raise Refused(caller)
            if not scope[PARTS].authorize(caller.key, required, operation_id(scope)):
                raise Refused(problems.insufficient_scope(required))
            return {"sub": caller.key.id}

        return check


class _Validation:
    """The parameters of an operation, read by rules that are compiled once. None of our operations has a body."""

    def __init__(self, operation: Any, next_app: ASGIApp) -> None:
        if operation.is_request_body_defined:
            raise NotImplementedError(f"{operation.operation_id}: request bodies are not validated")
        self._rules = compile_rules(operation.parameters)
        self._next_app = next_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[PARAMETERS] = scope[PARTS].read_parameters(self._rules, scope)
        await self._next_app(scope, receive, send)


class _ValidationApi(connexion.middleware.request_validation.RequestValidationAPI):
    """Connexion's table of what validates an operation's requests."""

    def make_operation(self, operation: Any) -> _Validation:
        return _Validation(operation, self.next_app)


class _ValidationMiddleware(connexion.middleware.request_validation.RequestValidationMiddleware):
    """Connexion's validation, with compiled rules."""

    api_cls = _ValidationApi


class _Operation:
    """The end of a request's way: the handler's bytes, sent."""

    def __init__(self, operation: str) -> None:
        self._id = operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = scope[PARTS]
        body = parts.handlers[self._id](parts, scope[CALLER], scope[PARAMETERS])
        await parts.success(body)(scope, receive, send)


class _OperationsApi(connexion.AsyncApi):
    """Connexion's table of operations."""

    def make_operation(self, operation: Any) -> _Operation:
        return _Operation(operation.operation_id)


class _Operations(connexion.apps.asynchronous.AsyncASGIApp):
    """Connexion's innermost application."""

    api_cls = _OperationsApi


def operation_id(scope: Scope) -> str:
    """The operation that Connexion has routed a request to. Raises KeyError before it has."""
    found: str = scope["extensions"][connexion.middleware.abstract.ROUTING_CONTEXT]["operation_id"]
    return found


def _error_handlers() -> dict[type[Exception], Any]:
    from starlette.exceptions import HTTPException

    async def refused(request: Any, error: Refused) -> Any:
        return _response(error.problem, request.scope)

    async def http_error(request: Any, error: HTTPException) -> Any:
        return _response(_routing_problem(request.scope, error), request.scope)

    async def defect(request: Any, error: Exception) -> Any:
        logger.error("A request failed", exc_info=error)
        return _response(problems.internal_error(), request.scope)

    return {Refused: refused, HTTPException: http_error, Exception: defect}


def _routing_problem(scope: Scope, error: Any) -> Problem:
    if error.status_code != 405:
        return problems.not_found()
    caller = scope.get(CALLER)
    if isinstance(caller, Problem):
        return caller
    return problems.method_not_allowed(", ".join(sorted(error.headers["Allow"].split(", "))))


def _response(problem: Problem, scope: Scope) -> Any:
    answer = scope[PARTS].problem(problem, scope)
    headers = {name.decode(): value.decode("latin-1") for name, value in answer.headers}
    return connexion.lifecycle.ConnexionResponse(answer.status, body=answer.body, headers=headers)

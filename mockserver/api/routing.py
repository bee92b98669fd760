"""Connexion, reduced to what the API needs: it routes requests by the document.

Work that Connexion repeats for every request is done once here: the rules for parameters are compiled, an operation calls its
handler without decorators, and the caller, identified by the middleware, is checked against the operation's scope.
"""

# Connexion has no type hints, so mypy knows nothing of its classes:
# mypy: disallow-subclassing-any=False

from __future__ import annotations

from collections.abc import Awaitable
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from starlette.exceptions import HTTPException

from mockserver.api import problems
from mockserver.api.authentication import CALLER
from mockserver.api.connexion_import import connexion
from mockserver.api.operations import OPERATIONS
from mockserver.api.parameters import compile_rules
from mockserver.api.pipeline import PIPELINE, Pipeline
from mockserver.api.problems import Problem, Refused
from spec import Operation, contract

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


@cache
def application() -> ASGIApp:
    """The application that answers the contract's operations with the pipeline that a request's scope holds.

    It has no state, so all mocks of a process share it. Raises KeyError for an operation without a handler.
    """
    stack = connexion.ConnexionMiddleware(
        _Operations(),
        middlewares=[Routing],
        resolver=connexion.Resolver(OPERATIONS.__getitem__),
    )
    stack.add_api(_routes())
    # Connexion would build this stack at the first request, and would be one more call at every request.
    app: ASGIApp = stack._build_middleware_stack()[0].__call__
    return app


def _routes() -> dict[str, Any]:
    """What Connexion routes by: the contract's operations, in the words of OpenAPI 3.0, the latest that it reads."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Outbound API", "version": "1"},
        "paths": {operation.path: {"get": _route(operation)} for operation in contract().operations.values()},
    }


def _route(operation: Operation) -> dict[str, Any]:
    in_path = {"in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "operationId": operation.id,
        "parameters": [{"name": name, **in_path} for name in operation.path_parameters],
        "responses": {"default": {"description": "any"}},
    }


class Routing(connexion.middleware.routing.RoutingMiddleware):
    """Connexion's routing without Starlette's redirects from `/contacts/` to `/contacts`: that path is unknown.

    A path without parameters is looked up in a table of Connexion's routes and operations, instead of being matched with each of
    them. Refusals of the pipeline's steps and of the routing are answered here; the middleware answers a crash.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._plain: dict[tuple[str, str], tuple[str, str]] = {}
        self._direct: dict[tuple[str, str], ASGIApp] = {}

    def add_api(self, *args: object, **options: object) -> None:
        """Route the operations of a document."""
        super().add_api(*args, **options)
        for mount in self.router.routes:
            mount.app.redirect_slashes = False
            for route in mount.app.routes:
                if not route.param_convertors:
                    routed = mount.path, route.app.operation_id
                    self._plain |= dict.fromkeys(
                        [(method, mount.path + route.path) for method in route.methods], routed
                    )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route a request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            asked = scope["method"], scope["path"]
            operation = self._direct.get(asked) or self._found(asked)
            if operation is None:
                scope["app"] = self  # makes Starlette raise an error for an unknown path instead of answering it
                await super().__call__(scope, receive, send)
            else:
                scope["path_params"] = {}
                await operation(scope, receive, send)
        except Refused as refused:
            problem = refused.problem
        except HTTPException as error:
            problem = _routing_problem(scope, error)
        else:
            return
        await scope[PIPELINE].problem(problem, scope)(scope, receive, send)

    def _found(self, asked: tuple[str, str]) -> ASGIApp | None:
        """The operation of a method and a path without parameters; None if there is none."""
        if asked not in self._plain:
            return None
        base_path, operation_id = self._plain[asked]
        (api,) = self.app.apis[base_path]
        operation: ASGIApp = api.operations[operation_id].serve
        self._direct[asked] = operation
        return operation


class _ConnexionOperation(Protocol):
    """The part of Connexion's operation that is used here."""

    operation_id: str


class _Operation:
    """One operation, from its security to its answer.

    Its caller must hold the scope that it requires. Its parameters are read by rules that are compiled once.
    """

    def __init__(self, operation: Operation) -> None:
        self._required = [operation.scope] if operation.scope else []
        self._rules = compile_rules(operation.parameters)
        self._id = operation.id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that Connexion has routed."""
        await self.serve(scope, receive, send)

    def serve(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Do what the request asks for, and return the sending of its answer. Raises Refused."""
        pipeline: Pipeline = scope[PIPELINE]
        caller = scope[CALLER]
        if isinstance(caller, Problem):
            raise Refused(caller)
        if not pipeline.authorize(caller.key, self._required, self._id):
            raise Refused(problems.insufficient_scope(self._required))
        parameters = pipeline.read_parameters(self._rules, scope)
        # A modification may have put another caller into the scope when it read the parameters.
        body = pipeline.handlers[self._id](pipeline, scope[CALLER], parameters)
        return pipeline.success(body)(scope, receive, send)


class _OperationsApi(connexion.AsyncApi):
    """Connexion's table of operations."""

    def make_operation(self, operation: _ConnexionOperation) -> _Operation:
        return _Operation(contract().operations[operation.operation_id])


class _Operations(connexion.apps.asynchronous.AsyncASGIApp):
    """Connexion's innermost application."""

    api_cls = _OperationsApi


def _routing_problem(scope: Scope, error: HTTPException) -> Problem:
    if error.status_code != 405:
        return problems.not_found()
    caller = scope.get(CALLER)
    if isinstance(caller, Problem):
        return caller
    allowed = (error.headers or {})["Allow"]
    return problems.method_not_allowed(", ".join(sorted(allowed.split(", "))))

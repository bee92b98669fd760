"""Connexion, reduced to what the API needs: it routes requests by the document, and provides the operations' descriptions.

Work that Connexion repeats for every request is done once here: the rules for parameters are compiled, an operation calls its
handler without decorators, and the caller, identified by the middleware, is checked against the operation's scopes.
"""

# Connexion has no type hints, so mypy knows nothing of its classes:
# mypy: disallow-subclassing-any=False

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Protocol

from starlette.exceptions import HTTPException

from mockserver.api import problems
from mockserver.api.authentication import CALLER
from mockserver.api.connexion_import import connexion
from mockserver.api.openapi_30 import to_openapi_30
from mockserver.api.operations import OPERATIONS
from mockserver.api.parameters import compile_rules
from mockserver.api.pipeline import PIPELINE, Pipeline
from mockserver.api.problems import Problem, Refused
from spec import OpenApi, contract

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def build(document: OpenApi) -> ASGIApp:
    """The application that answers the operations of an OpenAPI 3.1 document with the pipeline that a request's scope holds.

    Raises ViewError for a document that OpenAPI 3.0 cannot express, KeyError for an operation without a handler.
    """
    stack = connexion.ConnexionMiddleware(
        _Operations(),
        middlewares=[Routing],
        resolver=connexion.Resolver(OPERATIONS.__getitem__),
    )
    stack.add_api(to_openapi_30(document))
    # Connexion would build this stack at the first request, and would be one more call at every request.
    app: ASGIApp = stack._build_middleware_stack()[0].__call__
    return app


@cache
def application() -> ASGIApp:
    """The application that answers the contract's operations. It has no state, so all mocks of a process share it."""
    return build(contract().document)


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
    """The parts of Connexion's operation that are used here."""

    operation_id: str
    is_request_body_defined: bool
    parameters: Sequence[OpenApi]
    security: Sequence[Mapping[str, Sequence[str]]]


class _Operation:
    """One operation, from its security to its answer.

    Its caller must hold the scopes that it requires. Its parameters are read by rules that are compiled once; it has no body.
    """

    def __init__(self, operation: _ConnexionOperation) -> None:
        if operation.is_request_body_defined:
            raise NotImplementedError(f"{operation.operation_id}: request bodies are not validated")
        (requirement,) = operation.security
        (self._required,) = requirement.values()
        self._rules = compile_rules(operation.parameters)
        self._id = operation.operation_id

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
        return _Operation(operation)


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

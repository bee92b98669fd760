"""The keys of a target by their scopes, and what was answered to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import spec
from conformance.checks import not_tested, sound
from conformance.target.client import Caller, Client, target
from conformance.target.exchange import Exchange
from spec.target import Target

SCOPES = spec.contract().scopes
SCOPED = {operation.id: operation.scope for operation in spec.contract().operations.values() if operation.scope}
"""The scope of each operation that has one."""

NO_SCOPE = "no scope"


@dataclass
class Holders:
    """The keys that hold a single scope, and the key that holds none. Each request is sent once."""

    client: Client
    target: Target
    _answers: dict[tuple[str, str, str], Exchange] = field(default_factory=dict)

    def ask(self, scope: str, operation: str, method: str = "GET", **parameters: Any) -> Exchange:
        """An operation's answer to the key with only that scope. Raises NotTested if the target names no such key."""
        path = target(operation, **parameters)
        question = scope, method, path
        if question not in self._answers:
            self._answers[question] = self.holder(scope).send(method, path, operation=operation)
        return self._answers[question]

    def other_than(self, own: str) -> str:
        """A scope of a single-scope key of the target that is not the operation's; no scope if there is no such key."""
        held = (scope for scope in SCOPES if self.target.keys.single_scope.get(scope))
        return next((scope for scope in held if scope != own), NO_SCOPE)

    def in_force(self, scope: str) -> None:
        """See the key served at `/me`. If it is refused elsewhere, the reason is then a missing scope. Raises NotJudged."""
        sound(self.ask(scope, "getMe"))

    def holder(self, scope: str) -> Caller:
        """The caller with the single-scope key of that scope. Raises NotTested if the target's description has no such key."""
        keys = self.target.keys
        secret = keys.no_scope if scope == NO_SCOPE else keys.single_scope.get(scope)
        label = "keys.no_scope" if scope == NO_SCOPE else f"keys.single_scope.{scope}"
        if not secret:
            not_tested(f"needs {label} in the target's description")
        return self.client.caller(label, [secret])

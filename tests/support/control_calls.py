"""Calls of the control API, made in process and checked by its document."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from mockserver.app import Mock
from mockserver.control.document import document, operations, self_contained, success

OPERATIONS = {operation["operationId"]: (*place, operation) for place, operation in operations(document()).items()}
"""Method, path and operation of each call, by its operation id."""


def check(operation_id: str, status: int, answer: Any) -> None:
    """Assert that the answer is one that the document has for the operation's success."""
    operation = OPERATIONS[operation_id][2]
    assert status == success(operation), answer
    content = operation["responses"][str(status)].get("content")
    if content is None:
        assert answer is None
        return
    schema = self_contained(content["application/json"]["schema"], document())
    errors = [
        f"{error.instance_path}: {error.message}" for error in jsonschema_rs.validator_for(schema).iter_errors(answer)
    ]
    assert not errors


class Session:
    """A mock whose calls are made in process. Each answer is checked by the document."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.made: set[str] = set()

    async def __call__(self, operation_id: str, body: Any = None, query: str = "", **path: Any) -> Any:
        method, template, _ = OPERATIONS[operation_id]
        target = template.format(**path) + query
        status, answer = await self.mock.control.call(self.mock.world, method, target, body)
        check(operation_id, status, answer)
        self.made.add(operation_id)
        return answer

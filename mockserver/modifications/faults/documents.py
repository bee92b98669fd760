"""OpenAPI documents that are broken or incomplete."""

from __future__ import annotations

from copy import deepcopy

from mockserver.api.pipeline import Pipeline
from mockserver.modifications.registry import fault
from mockserver.tenants.resource_types import Resource


@fault("OP-8")
def document_misses_operation(pipeline: Pipeline) -> None:
    """The published document lacks the research operation."""
    paths = pipeline.document["paths"]
    pipeline.document = {
        **pipeline.document,
        "paths": {path: item for path, item in paths.items() if not path.endswith("/research")},
    }


@fault("OP-8")
def document_of_open_api_30(pipeline: Pipeline) -> None:
    """The published document says that it is OpenAPI 3.0."""
    pipeline.document = {**pipeline.document, "openapi": "3.0.3"}


@fault("OP-8")
def document_invalid(pipeline: Pipeline) -> None:
    """The published document breaks the rules of OpenAPI: its responses have no description."""
    document = deepcopy(dict(pipeline.document))
    for item in document["paths"].values():
        item["get"]["responses"] = {"200": {"content": "application/json"}}
    pipeline.document = document


@fault("OP-8")
def document_dangles(pipeline: Pipeline) -> None:
    """The published document refers to a schema that it does not have."""
    document = deepcopy(dict(pipeline.document))
    del document["components"]["schemas"]["Contact"]
    pipeline.document = document


@fault("OP-9")
def document_hides_security(pipeline: Pipeline) -> None:
    """The published document does not say that a key is needed."""
    document = deepcopy(dict(pipeline.document))
    document.pop("security", None)
    del document["components"]["securitySchemes"]
    for item in document["paths"].values():
        item["get"].pop("security", None)
    pipeline.document = document


@fault("OP-9")
def document_hides_filters(pipeline: Pipeline) -> None:
    """The published document does not have the filters of contacts."""
    document = deepcopy(dict(pipeline.document))
    document["paths"][_path("/contacts", document)]["get"]["parameters"] = []
    pipeline.document = document


def _path(ending: str, document: Resource) -> str:
    return next(str(path) for path in document["paths"] if path.endswith(ending))

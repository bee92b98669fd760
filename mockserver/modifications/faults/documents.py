"""OpenAPI documents that are broken, or keep something back."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

from mockserver.api.pipeline import Parts


@dataclass(frozen=True)
class DocumentMissesOperation:
    """The published document lacks the research operation."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-8",)

    def install(self, parts: Parts) -> None:
        paths = parts.document["paths"]
        parts.document = {
            **parts.document,
            "paths": {path: item for path, item in paths.items() if not path.endswith("/research")},
        }


@dataclass(frozen=True)
class DocumentOfOpenApi30:
    """The published document says that it is OpenAPI 3.0."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-8",)

    def install(self, parts: Parts) -> None:
        parts.document = {**parts.document, "openapi": "3.0.3"}


@dataclass(frozen=True)
class DocumentInvalid:
    """The published document breaks the rules of OpenAPI: its responses have no description."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-8",)

    def install(self, parts: Parts) -> None:
        document = deepcopy(dict(parts.document))
        for item in document["paths"].values():
            item["get"]["responses"] = {"200": {"content": "application/json"}}
        parts.document = document


@dataclass(frozen=True)
class DocumentDangles:
    """The published document refers to a schema that it does not have."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-8",)

    def install(self, parts: Parts) -> None:
        document = deepcopy(dict(parts.document))
        del document["components"]["schemas"]["Contact"]
        parts.document = document


@dataclass(frozen=True)
class DocumentHidesSecurity:
    """The published document does not say that a key is needed."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-9",)

    def install(self, parts: Parts) -> None:
        document = deepcopy(dict(parts.document))
        document.pop("security", None)
        del document["components"]["securitySchemes"]
        for item in document["paths"].values():
            item["get"].pop("security", None)
        parts.document = document


@dataclass(frozen=True)
class DocumentHidesFilters:
    """The published document does not have the filters of contacts."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-9",)

    def install(self, parts: Parts) -> None:
        document = deepcopy(dict(parts.document))
        document["paths"][_path("/contacts", document)]["get"]["parameters"] = []
        parts.document = document


def _path(ending: str, document: dict[str, Any]) -> str:
    return next(str(path) for path in document["paths"] if path.endswith(ending))

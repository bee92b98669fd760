"""A second validator for answers: openapi-core, which finds operation, status and media type in the document (OP-1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.response.validators import V31ResponseDataValidator

from conformance.oracles import schemas
from conformance.outcome import not_tested
from conformance.target.exchange import Exchange

_LONGEST = 300


def second_opinion(exchange: Exchange) -> str | None:
    """What openapi-core finds wrong with an answer's body, in one line; None if nothing. Headers are not judged here.

    Raises NotTested if it cannot use the target's own document (`--schema published`), in which OP-8 may tell what is wrong.
    """
    parts = urlsplit(exchange.url)
    request = MockRequest(f"{parts.scheme}://{parts.netloc}", exchange.request.method.lower(), parts.path)
    # openapi-core cannot read every legal parameter of a media type (`profile="a;b"`), and JSON has none that counts.
    response = MockResponse(exchange.body, exchange.status, content_type=exchange.media_type)
    base_url = exchange.url.removesuffix(exchange.request.target)
    try:
        _judge(base_url, id(schemas.document())).validate_response(request, response)
    except OpenAPIError as error:
        return _line(error)
    except UnicodeError:
        return "the body is not UTF-8"
    except (RecursionError, TypeError) as error:
        not_tested(f"openapi-core cannot use the target's document: {type(error).__name__}")
    return None


@cache
def _judge(base_url: str, _document: int) -> OpenAPI:
    # The operations are looked up under the document's servers, which name the real host.
    document: Mapping[str, Any] = json.loads(json.dumps(schemas.document()))
    config = Config(spec_validator_cls=None, response_validator_cls=V31ResponseDataValidator)
    return OpenAPI.from_dict({**document, "servers": [{"url": base_url}]}, config=config)


def _line(error: BaseException) -> str:
    reasons = [getattr(reason, "message", "") for reason in getattr(error.__cause__, "schema_errors", ())]
    # If the body is not UTF-8, str() of some of these exceptions fails; their names say enough.
    return "; ".join(filter(None, reasons))[:_LONGEST] or type(error.__cause__ or error).__name__

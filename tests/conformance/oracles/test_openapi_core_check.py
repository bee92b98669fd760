"""The second validator judges bodies, whatever parameters a media type has."""

from __future__ import annotations

import httpx
import pytest

from conformance.oracles.openapi_core_check import second_opinion
from conformance.target.exchange import Exchange, Request

ME = b'{"apiKey": {"id": "key_1", "name": "a", "prefix": "obk", "scopes": []}, "organization": {"id": "org_1", "name": "b"}}'


def opinion(media_type: str, body: bytes = ME) -> str | None:
    asked = Request("GET", "/api/v1/me", operation="getMe")
    headers = httpx.Headers([(b"content-type", media_type.encode())] if media_type else [])
    return second_opinion(Exchange(1, asked, "http://x.test/api/v1/me", 200, headers, body, 0.0, 0.1, 0.0))


@pytest.mark.parametrize(
    "parameters",
    ['; profile="x;y" ; charset=UTF-8', "; charset=x-unknown", ';charset="utf-8"', ";", "; =; a=; ;b", '; a="'],
)
def test_parameters_change_nothing(parameters: str) -> None:
    assert opinion(f"Application/JSON{parameters}") is None
    assert opinion(f"application/json{parameters}", b"{}")


@pytest.mark.parametrize("media_type", ["", "text/html", "json", "application/json, application/json", "é/ü; ="])
def test_another_media_type_is_found_wrong(media_type: str) -> None:
    assert opinion(media_type)

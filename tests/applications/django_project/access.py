"""Who may ask, and how often: bearer keys, scopes, one limit a key."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.throttling import SimpleRateThrottle

from tests.applications import data


class BearerAuthentication(BaseAuthentication):
    """Like the framework's TokenAuthentication, with `Bearer`."""

    def authenticate(self, request: Any) -> tuple[None, data.Key] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise exceptions.AuthenticationFailed("Invalid token header.")
        key = data.BY_SECRET.get(words[1].decode("latin-1"))
        if key is None or not key.alive:
            raise exceptions.AuthenticationFailed("Invalid token.")
        return None, key

    def authenticate_header(self, _request: Any) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """The key holds the view's scope. Without a key the framework answers 401."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return request.auth is not None and (view.scope is None or view.scope in request.auth.scopes)


class KeyThrottle(SimpleRateThrottle):
    """The framework's own limiter (a log of the last minute), by key and on the application's clock."""

    scope = "key"
    timer = data.CLOCK.now

    def get_cache_key(self, request: Any, _view: Any) -> str:
        return f"throttle-{request.auth.id}"

"""How things are told: pages, resources, problems."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from tests.applications import data


class Pages(CursorPagination):
    """The framework's pages: a limit that cannot be used is the default one, a bad cursor is a 404."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = ("-created", "-id")

    def decode_cursor(self, request: Any) -> Any:
        """The cursor of a request. One whose time cannot be read would crash the framework's query."""
        cursor = super().decode_cursor(request)
        try:
            readable = cursor is None or cursor.position is None or parse_datetime(cursor.position)
        except ValueError:
            readable = None
        if not readable:
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        following = self.get_next_link()
        cursor = parse_qs(urlsplit(following).query)["cursor"][0] if following else None
        return Response({"data": data, "nextCursor": cursor})


class ContentSerializer(serializers.BaseSerializer):
    """A resource as its JSON, with the time as the framework writes it."""

    def to_representation(self, instance: Any) -> data.Resource:
        created = serializers.DateTimeField().to_representation(instance.created)
        return {**instance.content, "createdAt": created}


class DraftSummarySerializer(ContentSerializer):
    """A draft without what a list leaves out."""

    def to_representation(self, instance: Any) -> data.Resource:
        whole = super().to_representation(instance)
        return {name: value for name, value in whole.items() if name not in ("body", "engagement")}


def problem(error: Exception, context: Any) -> Response | None:
    """The framework's answer to an exception, as application/problem+json."""
    answer = exception_handler(error, context)
    if answer is not None:
        title = answer.status_text or "Error"
        kind = title.lower().replace(" ", "-")
        answer.data = data.problem(answer.status_code, kind, title, str(answer.data["detail"]))
        answer.content_type = "application/problem+json"
    return answer

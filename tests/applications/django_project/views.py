"""The nine operations as viewsets, and what Django answers by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from tests.applications import data
from tests.applications.django_project import answers, fill, models

_DOCUMENT = Path(__file__).parents[3] / "spec" / "openapi.json"


class Limited:
    """Adds the limit's headers to what a key is answered. `scope` is what the key must hold, if anything."""

    scope: str | None = None

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc] # APIView's
        if getattr(request, "auth", None):
            answer["X-RateLimit-Limit"] = str(data.PER_MINUTE)
            answer["X-RateLimit-Reset"] = str(int(data.CLOCK.now() + data.MINUTE))
        return answer


class Me(Limited, APIView):
    def get(self, request: Any) -> Response:
        return Response(data.me(request.auth))


class Resources(Limited, ReadOnlyModelViewSet):
    """A list and its resources, of the key's organization alone."""

    pagination_class = answers.Pages
    serializer_class = answers.ContentSerializer
    model: Any

    def get_queryset(self) -> Any:
        found = self.model.objects.filter(organization=self.request.auth.organization.id)
        return self.filtered(found, self.request.query_params) if self.action == "list" else found

    def filtered(self, found: Any, parameters: Any) -> Any:
        raise NotImplementedError


class Contacts(Resources):
    scope = "contacts.read"
    model = models.Contact

    def filtered(self, found: Any, parameters: Any) -> Any:
        if "listId" in parameters:
            found = found.filter(lists__id=parameters["listId"])
        if "qualificationStatus" in parameters:
            found = found.filter(qualification_status=parameters["qualificationStatus"])
        if "q" in parameters:
            q = parameters["q"]
            found = found.filter(Q(name__icontains=q) | Q(email__icontains=q) | Q(company__icontains=q))
        return found

    @action(detail=True)
    def research(self, _request: Any, pk: str) -> Response:
        found = self.get_object().research
        if found is None:
            raise Http404
        return Response(found)


class Lists(Resources):
    scope = "lists.read"
    model = models.ContactList

    def filtered(self, found: Any, parameters: Any) -> Any:
        return found if parameters.get("includeArchived") == "1" else found.filter(archived=False)


class Drafts(Resources):
    scope = "drafts.read"
    model = models.Draft

    def get_serializer_class(self) -> Any:
        return answers.DraftSummarySerializer if self.action == "list" else answers.ContentSerializer

    def filtered(self, found: Any, parameters: Any) -> Any:
        names = {"status": "status", "contactId": "contact_id"}
        return found.filter(**{column: parameters[name] for name, column in names.items() if name in parameters})


class Events(Resources):
    scope = "events.read"
    model = models.Event

    def filtered(self, found: Any, parameters: Any) -> Any:
        types = parameters.get("eventType")
        return found.filter(event_type__in=types.split(",")) if types else found


def document(_request: Any) -> HttpResponse:
    """The contract's own document, served as a file."""
    return HttpResponse(_DOCUMENT.read_bytes(), content_type="application/json")


def not_found(_request: Any, exception: Exception | None = None) -> JsonResponse:
    body = data.problem(404, "not-found", "Not Found", "There is nothing here.")
    return JsonResponse(body, status=404, content_type="application/problem+json")


@require_POST
def advance(_request: Any, seconds: int) -> HttpResponse:
    data.CLOCK.moved += seconds
    return HttpResponse()


@require_POST
def add_contact(_request: Any) -> HttpResponse:
    fill.add_contact(data.PRIMARY, data.contact(data.PRIMARY, models.Contact.objects.count()))
    return HttpResponse()

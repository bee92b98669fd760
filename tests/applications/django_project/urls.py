"""The paths, without trailing slashes."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.applications.django_project import views

router = SimpleRouter(trailing_slash=False)
router.register("contacts", views.Contacts, "contacts")
router.register("lists", views.Lists, "lists")
router.register("drafts", views.Drafts, "drafts")
router.register("events", views.Events, "events")

urlpatterns = [
    path("api/v1/me", views.Me.as_view()),
    path("api/v1/", include(router.urls)),
    path("api-docs/openapi.json", views.document),
    path("testing/advance/<int:seconds>", views.advance),
    path("testing/contacts", views.add_contact),
]
handler404 = views.not_found

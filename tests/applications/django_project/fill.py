"""The applications' data in the database."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tests.applications import data
from tests.applications.django_project import models


@transaction.atomic
def everything() -> None:
    """Put both organizations into empty tables."""
    for organization in (data.PRIMARY, data.SECONDARY):
        for content in organization.lists:
            columns = _columns(organization, content)
            models.ContactList.objects.create(**columns, archived=content["archivedAt"] is not None)
        for content in organization.contacts:
            add_contact(organization, content)
        for content in organization.drafts:
            columns = _columns(organization, content)
            models.Draft.objects.create(**columns, status=content["status"], contact_id=content["contactId"])
        for content in organization.events:
            models.Event.objects.create(**_columns(organization, content), event_type=content["eventType"])


def add_contact(organization: data.Organization, content: data.Resource) -> None:
    """Put one contact into the database."""
    added = models.Contact.objects.create(
        **_columns(organization, content),
        qualification_status=content["qualificationStatus"],
        name=f"{content['firstName']} {content['lastName']}",
        email=content["email"] or "",
        company=content["companyName"] or "",
        research=organization.research.get(content["id"]),
    )
    added.lists.set(content["listIds"])


def _columns(organization: data.Organization, content: data.Resource) -> dict[str, Any]:
    made = content["createdAt"]
    return {"id": content["id"], "organization": organization.id, "created": made, "content": content}

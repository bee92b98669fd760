"""The tables: what is filtered by is a column, the rest is JSON."""

from __future__ import annotations

from django.db import models


class Resource(models.Model):
    id = models.CharField(max_length=40, primary_key=True)
    organization = models.CharField(max_length=40, db_index=True)
    created = models.DateTimeField(db_index=True)
    content = models.JSONField()

    class Meta:
        abstract = True


class ContactList(Resource):
    archived = models.BooleanField()


class Contact(Resource):
    qualification_status = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=200)
    company = models.CharField(max_length=200)
    lists = models.ManyToManyField(ContactList)
    research = models.JSONField(null=True)


class Draft(Resource):
    status = models.CharField(max_length=40)
    contact = models.ForeignKey(Contact, models.CASCADE)


class Event(Resource):
    event_type = models.CharField(max_length=40)

"""The pages, each with the routes that lead to it."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.console.pages import (
    clock,
    data,
    debugger,
    grade,
    hardships,
    keys,
    organizations,
    overview,
    requests,
    webhooks,
)
from mockserver.console.visit import Route

ROUTES: Sequence[Route] = [
    route
    for page in (overview, organizations, keys, webhooks, debugger, requests, grade, data, clock, hardships)
    for route in page.ROUTES
]

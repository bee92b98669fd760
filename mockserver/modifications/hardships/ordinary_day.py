"""What every client meets on an ordinary day: a preset, made of other hardships in small doses."""

from __future__ import annotations

from mockserver.api.pipeline import Pipeline
from mockserver.modifications.hardships.data import small_pages, unknown_members
from mockserver.modifications.hardships.refusals import server_errors
from mockserver.modifications.hardships.transport import latency
from mockserver.modifications.hardships.webhooks import duplicate_deliveries
from mockserver.modifications.parameters import Seed
from mockserver.modifications.registry import hardship


@hardship("PAGE-13", "OP-1", "ERROR-5", applies_to="requests")
def ordinary_day(pipeline: Pipeline, *, seed: Seed = 1) -> None:
    """Small troubles, for a client's CI: a rare 503, some slow answers, short pages, unknown members, events that come twice."""
    server_errors(pipeline, probability=0.02, status="503", wait=1, seed=seed)
    latency(pipeline, probability=0.1, seconds=0.1, longest=1.0, seed=seed)
    small_pages(pipeline, probability=0.3, seed=seed)
    unknown_members(pipeline)
    duplicate_deliveries(pipeline, probability=0.25, seed=seed)

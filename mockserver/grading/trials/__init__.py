"""The trials: hardships under which the command runs once each, on a fresh state, after the plain run."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.grading.records import CERTIFIED
from mockserver.grading.trials import data, refusals, transport
from mockserver.grading.trials.stage import Stage, Trial

__all__ = ["TRIALS", "Stage", "Trial"]

_ALL = (
    Trial(
        "redirect-elsewhere", "Two answers lead to another port of this machine.", "key", refusals.redirect_elsewhere
    ),
    Trial("revoked-key", "The key has been revoked.", "key", refusals.revoked_key),
    Trial("small-pages", "Pages after the first are short, and one has one item.", "cursor", data.small_pages),
    Trial("expiring-cursors", "The first cursor that is sent has expired.", "cursor", refusals.expiring_cursors),
    Trial("one-429", "One page is refused with 429 and Retry-After: 2.", "list", refusals.one_429),
    Trial("server-errors", "One target fails with 503, the next one with 500.", "list", refusals.server_errors),
    Trial("dropped-connections", "Two connections end instead of an answer.", "list", transport.dropped_connections),
    Trial("truncated-bodies", "Two pages of each list are cut off in the middle.", "list", transport.truncated_bodies),
    Trial("proxy-errors", "Two pages of each list are a proxy's 502, in HTML.", "list", refusals.proxy_errors),
    Trial("silence", "One answer never comes.", "list", transport.silence),
    Trial("unknown-members", "Objects have members with unknown names.", "list", hardship=("unknown-members", {})),
    Trial(
        "unknown-enum-values",
        "Statuses and event types have unknown values.",
        "list",
        hardship=("unknown-enum-values", {"probability": 0.3}),
    ),
    Trial("sparse-data", "Members are null wherever the schema allows it.", "list", data.sparse_data),
    Trial(CERTIFIED, "The server has TLS, and a certificate that verifies.", "key", over_tls=True),
    Trial("wrong-host", "The server has TLS, but the certificate of another host.", "key", over_tls=True),
    Trial("expired-certificate", "The server has TLS, but an expired certificate.", "key", over_tls=True),
    Trial("unknown-authority", "The server has TLS, but a certificate of an unknown authority.", "key", over_tls=True),
)

TRIALS: Mapping[str, Trial] = {trial.name: trial for trial in _ALL}
"""The trials by their names, in the order in which they are run."""

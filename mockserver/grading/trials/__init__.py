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
    Trial("small-pages", "Pages behind the first are short, one of one item, and lead on.", "cursor", data.small_pages),
    Trial("expiring-cursors", "The first cursor that is sent has expired.", "cursor", refusals.expiring_cursors),
    Trial("one-429", "One page is refused with 429 and Retry-After: 2.", "list", refusals.one_429),
    Trial("server-errors", "One thing asked fails with 503, the next with 500.", "list", refusals.server_errors),
    Trial("dropped-connections", "Two connections end instead of an answer.", "list", transport.dropped_connections),
    Trial("truncated-bodies", "Two pages of each list are cut off in the middle.", "list", transport.truncated_bodies),
    Trial("proxy-errors", "Two pages of each list are a proxy's 502, in HTML.", "list", refusals.proxy_errors),
    Trial("silence", "One answer never comes.", "list", transport.silence),
    Trial("unknown-members", "Objects have members of unknown names.", "list", hardship=("unknown-members", {})),
    Trial(
        "unknown-enum-values",
        "Statuses and event types are unknown ones.",
        "list",
        hardship=("unknown-enum-values", {"probability": 0.3}),
    ),
    Trial("sparse-data", "Members are null wherever they may be.", "list", data.sparse_data),
    Trial(CERTIFIED, "Over TLS, with a certificate that verifies.", "key", over_tls=True),
    Trial("wrong-host", "Over TLS, with the certificate of another host.", "key", over_tls=True),
    Trial("expired-certificate", "Over TLS, with a certificate that has expired.", "key", over_tls=True),
    Trial("unknown-authority", "Over TLS, with a certificate of an unknown authority.", "key", over_tls=True),
)

TRIALS: Mapping[str, Trial] = {trial.name: trial for trial in _ALL}
"""The trials by their names, in the order in which they are run."""

"""How thorough a run is (`--depth`)."""

from __future__ import annotations

from typing import Literal

Depth = Literal["quick", "standard", "deep"]
"""How many cases a check tries.

`quick` keeps all checks together within `QUICK_REQUESTS`; `standard` tries as many as fit into the time that the checks
of the rate limit take anyway, or about `STANDARD_REQUESTS` if nothing is limited or the target has a test clock; `deep`
tries every combination. A request that uses up no key's limit is free, and is sent at every depth.
"""

QUICK_REQUESTS = 350
STANDARD_REQUESTS = 2000

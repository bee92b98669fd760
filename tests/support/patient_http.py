"""Requests as `httpx` sends them, but with an answer waited for as long as a busy machine may need."""

from __future__ import annotations

from functools import partial

import httpx

_WITHIN = 60.0

get = partial(httpx.get, timeout=_WITHIN)
post = partial(httpx.post, timeout=_WITHIN)
delete = partial(httpx.delete, timeout=_WITHIN)
request = partial(httpx.request, timeout=_WITHIN)
stream = partial(httpx.stream, timeout=_WITHIN)
Client = partial(httpx.Client, timeout=_WITHIN)

"""Requests as `httpx` sends them, but with an answer waited for as long as a busy machine may need.

The authorities to trust are read once: `httpx` would read them anew for each request, which takes longer than most requests.
"""

from __future__ import annotations

from functools import partial

import httpx

_WITHIN = 60.0
_TRUSTED = httpx.create_ssl_context()

get = partial(httpx.get, timeout=_WITHIN, verify=_TRUSTED)
post = partial(httpx.post, timeout=_WITHIN, verify=_TRUSTED)
delete = partial(httpx.delete, timeout=_WITHIN, verify=_TRUSTED)
request = partial(httpx.request, timeout=_WITHIN, verify=_TRUSTED)
stream = partial(httpx.stream, timeout=_WITHIN, verify=_TRUSTED)
Client = partial(httpx.Client, timeout=_WITHIN, verify=_TRUSTED)

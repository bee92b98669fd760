"""Judges recorded traffic without sending a request: an HTTP Archive (HAR 1.2) of a browser, a proxy, a test or the gate."""

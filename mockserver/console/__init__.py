"""The console under `/admin`, by which a person steers the mock in a browser. Every change goes through the control API."""

"""The API: keys, scopes, rate limits, parameters, problems, and the nine operations."""

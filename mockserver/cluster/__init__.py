"""Several processes as one mock: limits are counted, and changes are put in order, by a Redis or Valkey server."""

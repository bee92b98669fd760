"""The target as the gate reaches it: client, pacing, clock, preflight, and the embedded mock."""

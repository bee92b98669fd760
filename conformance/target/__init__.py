"""How the gate reaches the target: client, pacing, clock, preflight, and the embedded mock."""

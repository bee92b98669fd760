"""The rate limit: the proofs that it is kept, and the probes that the gate sends in the background.

From low to high: `proofs` and `timeline` (the proofs from timestamps, which the load tests share), `attempts` (one key's
requests of the gate), `traffic_patterns` (what is sent when), `sending` and `runner` (how, in real time or on a test clock),
`measured`, `rulings` (what the attempts say of each requirement), `followed_reading` (which reading
the target follows), `plugin` (when all this happens in a run).
"""

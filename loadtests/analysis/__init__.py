"""What a ledger of requests proves of a target. Pure functions."""

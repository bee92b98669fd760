"""From findings to a verdict: the ledger, the pytest plugin, known violations."""

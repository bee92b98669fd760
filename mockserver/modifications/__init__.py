"""Modifications of the pipeline: faults break the contract, variants keep it in another way, hardships test clients."""

"""The grade of a client: what its requests show of how it keeps its side of the contract (`spec/client-requirements.toml`).

`records` is what was seen, and `rules` judge it and do nothing else. `recording`, `trials`, `runner` and `receiver` see to it
that there is something to judge. `report` tells it.
"""

"""The grade of a client: whether its requests keep the client's side of the contract (`spec/client-requirements.toml`).

`records` has the data, and `rules` judge it. `recording`, `trials`, `runner` and `receiver` produce the data. `report` writes the
result.
"""

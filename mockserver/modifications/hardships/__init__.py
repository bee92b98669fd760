"""Hardships: troubles that a client must survive. Each is a function with parameters.

`outbound-mock --hardship NAME` or `--hardship NAME:probability=0.2,seconds=3`. Its random choices come from its seed: the
same requests in the same order have the same result. A hardship's `breaks` are the requirements, musts or shoulds, that a
judge finds broken while it is on, often with others that need them. A hardship that breaks no must keeps the contract.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.modifications.registry import HARDSHIPS, Modification, import_all
from mockserver.modifications.requested import known

import_all(__name__, __path__)
names = HARDSHIPS.names


def describe(name: str) -> Modification:
    """The hardship of that name, with the defaults of its parameters. Raises ValueError for an unknown name."""
    return known("hardship", name)


def made(name: str, parameters: Mapping[str, object] | None = None) -> Modification:
    """The hardship of that name with these parameters; numbers may be given as text.

    Raises ValueError, in one line, for an unknown name, an unknown parameter, or a value that a parameter does not take.
    """
    return describe(name).given(parameters or {})

"""Faults: functions that each break the contract in one way, to test whether a judge notices it.

`outbound-mock --fault NAME` takes the names of `names()`. A fault's `breaks` are the requirements that it breaks: first the
one that it is made for, then those that necessarily break with it.
"""

from mockserver.modifications.registry import FAULTS, import_all

import_all(__name__, __path__)
all_faults, names, named = FAULTS.all, FAULTS.names, FAULTS.named

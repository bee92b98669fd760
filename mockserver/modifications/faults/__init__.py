"""Ways to break the contract, one thing at a time: each a function, named for its lie, by which a judge is judged.

`outbound-mock --fault NAME` takes the names of `names()`. A fault's `breaks` are the requirements that fall: first the one
that it is aimed at, then those that cannot but fall with it.
"""

from mockserver.modifications.registry import FAULTS, import_all

import_all(__name__, __path__)
all_faults, names, named = FAULTS.all, FAULTS.names, FAULTS.named

"""Ways to keep the contract that differ from the mock's own: each a function that says why it is legal.

`outbound-mock --variant NAME` takes the names of `names()`. A judge must find no must broken by any; a variant's `breaks` are
the shoulds that it bends.
"""

from mockserver.modifications.registry import VARIANTS, import_all

import_all(__name__, __path__)
all_variants, names, named = VARIANTS.all, VARIANTS.names, VARIANTS.named

"""Variants: functions that each keep the contract in another way than the mock, and say why this is legal.

`outbound-mock --variant NAME` takes the names of `names()`. A judge must not find a must broken by any of them; a
variant's `breaks` are the shoulds that it does not keep.
"""

from mockserver.modifications.registry import VARIANTS, import_all

import_all(__name__, __path__)
all_variants, names, named = VARIANTS.all, VARIANTS.names, VARIANTS.named

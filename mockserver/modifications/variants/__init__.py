"""Ways to keep the contract that differ from the mock's own: each a small dataclass that says why it is legal.

`outbound-mock --variant NAME` takes the names of `names()`. A judge must find no must broken by any; a variant's `bends` are the
shoulds that it breaks.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from mockserver.api.pipeline import Modification
from mockserver.modifications.catalogue import Catalogue
from mockserver.modifications.variants import pagination, refusals, resources, transport, webhooks


class Variant(Modification, Protocol):
    """A legal variation of the contract."""

    bends: ClassVar[tuple[str, ...]]


_CATALOGUE: Catalogue[Variant] = Catalogue(pagination, refusals, resources, transport, webhooks)
all_variants, names, named = _CATALOGUE.all, _CATALOGUE.names, _CATALOGUE.named

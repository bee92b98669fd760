"""Ways to keep the contract that differ from the mock's own: each a small dataclass that says why it is legal.

`outbound-mock --variant NAME` takes the names of `names()`. A judge must find no must broken by any; a variant's `bends` are the
shoulds that it breaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Protocol

from mockserver.changes.catalogue import collect
from mockserver.parts import Modification
from mockserver.variants import (
    pagination,
    refusals,
    resources,
    transport,
    webhooks,
)


class Variant(Modification, Protocol):
    """A legal variation of the contract."""

    bends: ClassVar[tuple[str, ...]]


_VARIANTS: Mapping[str, type[Variant]] = collect(
    pagination,
    refusals,
    resources,
    transport,
    webhooks,
)


def all_variants() -> Mapping[str, type[Variant]]:
    """Every variant by its name."""
    return _VARIANTS


def names() -> Iterable[str]:
    """The names of all variants."""
    return _VARIANTS.keys()


def named(name: str) -> Modification:
    """The variant of that name. Raises KeyError."""
    return _VARIANTS[name]()

"""Computes, where it is imported, the schema-driven cases of a run without `--fuzz` and `--seed`: a fifth of a short run."""

from __future__ import annotations

import warnings

from hypothesis.errors import HypothesisSideeffectWarning

import spec
from conformance.cases.depth import FUZZ, invalid_cases, valid_cases
from conformance.cases.schema_driven import cases

_SEED = 1

with warnings.catch_warnings():
    warnings.simplefilter("ignore", HypothesisSideeffectWarning)  # that it begins before pytest is meant
    for _operation in spec.contract().operations.values():
        cases(_operation.id, "positive", valid_cases(_operation, FUZZ), _SEED)
        if _operation.is_list:
            cases(_operation.id, "negative", invalid_cases(FUZZ), _SEED)

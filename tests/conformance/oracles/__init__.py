"""Tests of `conformance/oracles`."""

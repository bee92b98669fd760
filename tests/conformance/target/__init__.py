"""Tests of `conformance/target`."""

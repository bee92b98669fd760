"""Tests of `conformance/cases`."""

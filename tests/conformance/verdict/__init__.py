"""Tests of `conformance/verdict`."""

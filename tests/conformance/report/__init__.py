"""Tests of `conformance/report`."""

"""Tests of `conformance/recordings`."""

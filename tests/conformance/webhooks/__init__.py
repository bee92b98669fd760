"""Tests of `conformance/webhooks`."""

"""Tests of `mockserver/webhooks`."""

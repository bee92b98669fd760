"""Tests of `mockserver/modifications`."""

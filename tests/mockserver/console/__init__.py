"""Tests of `mockserver/console`."""

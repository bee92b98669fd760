"""Tests of `mockserver/api`."""

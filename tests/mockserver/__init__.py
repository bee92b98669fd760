"""Tests of `mockserver`."""

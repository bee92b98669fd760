"""Tests of `mockserver/cluster`."""

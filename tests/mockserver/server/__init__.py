"""Tests of `mockserver/server`."""

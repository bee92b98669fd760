"""Tests of the client's grade."""

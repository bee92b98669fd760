"""Tests of `loadtests/analysis`."""

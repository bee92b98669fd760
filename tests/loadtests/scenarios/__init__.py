"""Tests of `loadtests/scenarios`."""

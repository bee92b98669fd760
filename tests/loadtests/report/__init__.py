"""Tests of `loadtests/report`."""

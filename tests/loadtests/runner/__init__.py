"""Tests of `loadtests/runner`."""

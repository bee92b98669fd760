"""Tests of `killmatrix`."""

"""Worlds: the independent states of a mock, and how each is served."""

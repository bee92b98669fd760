"""Worlds: one state of the mock each, and how it is served."""

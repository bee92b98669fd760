"""Clients of the API, a few lines each: wrong ones, each named for its lie, and right ones, each in a corner that is allowed.

`python -m tests.clients NAME` runs one. They know of the API what its documentation says, and of the mock nothing.
"""

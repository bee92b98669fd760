"""The control API under `/_mock`: what a test does to the mock that no client of the API can. Loopback alone."""

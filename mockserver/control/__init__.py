"""The control API under `/_mock`, by which tests steer the mock. It serves loopback addresses only."""

"""What stands before a handler: keys, scopes, rate limits, parameters, and the problems that they raise."""

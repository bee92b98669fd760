"""What there is to try: the data set of a target, and the requests that try a requirement on it."""

"""The HTTP server: the socket, connections with bounds, and the output of the process."""

"""HTTP itself: the socket, connections with bounds, and what the process says of itself."""

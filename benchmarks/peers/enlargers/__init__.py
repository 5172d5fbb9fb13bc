"""What enlarges a frame in a peer's process, one module a kind of peer."""

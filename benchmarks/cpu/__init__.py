"""`framelift bench cpu`: networks on the processor, the native kernel beside its peers on the same files."""

KIND = "cpu"

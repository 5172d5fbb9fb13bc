"""The `framelift` command: thin; each command loads what it needs only when it is used."""

"""The cases of `framelift bench live`, a module each: `measure(work)` runs it and gives its rows and targets."""

"""The networks, one a file, shapes in comments, the paper cited."""

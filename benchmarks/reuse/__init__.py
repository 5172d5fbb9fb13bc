"""`framelift bench reuse`: what is spared where a part of the picture does not change."""

KIND = "reuse"

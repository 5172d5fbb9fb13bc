"""`framelift bench peers`: one clip on one machine through what a user would pick instead of framelift."""

KIND = "peers"

"""What measures framelift: rendered clips, the demo, and the benchmarks behind `framelift bench`."""

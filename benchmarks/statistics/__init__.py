"""What makes figures out of samples: turns, warm-up, noise, comparison. No I/O but the clock's."""

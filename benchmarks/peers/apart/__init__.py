"""What runs in interpreters that have nothing of ours: the standard library, NumPy, and there OpenCV."""

"""Checkpoints to `.onnx` files with their manifest (the `train` extra). Importing it imports nothing."""

"""Degradations: what cameras, codecs and the web do to pictures, as functions of a picture and a random generator.

A `Degradation` takes a float32 picture, [H, W] luma or [H, W, 3] RGB in 0..1, and a NumPy generator, and gives such a
picture; it draws everything random from the generator, so that the same seed gives the same picture. Those with
settings are frozen dataclasses that are called. The plain functions beside them take their parameters instead.
"""

"""The four kinds of plot, drawn with matplotlib. Lengths are in points, 72 to the inch, from the lower left corner."""

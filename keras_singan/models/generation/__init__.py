"""Ways to generate besides a plain sample: a part anew, a canvas, a tile."""

"""How a model is trained: the loop over scales, checkpoints, progress."""

"""What is served: versions of a model found, loaded, warmed up, run, swapped."""

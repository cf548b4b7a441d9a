"""Versions of a model: found, loaded, warmed up, swapped."""

"""Versions of a model: they are found, loaded, warmed up, run and replaced."""

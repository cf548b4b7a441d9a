"""Formats of animations, a file each: written frame by frame."""

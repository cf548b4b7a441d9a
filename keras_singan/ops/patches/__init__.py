"""Patches of a photo: the nearest ones, put together anew."""

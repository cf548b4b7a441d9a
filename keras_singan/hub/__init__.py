"""Sharing models on a hub: see `hub_push` and `hub_load`."""

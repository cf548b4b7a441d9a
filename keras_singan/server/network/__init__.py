"""Peers and their connections: time limits, room limits, HTTP/1.1, the event loop."""

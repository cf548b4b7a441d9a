"""The model: networks, losses, one scale, the pyramid of all scales."""

"""What the model is: networks, losses, one scale, the pyramid of all scales."""

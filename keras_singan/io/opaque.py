"""Frames for formats without transparency."""

import numpy as np


def on_white(frame):
    """Puts a uint8 frame `(..., 4)` on white; gives others back as they are."""
    if frame.shape[-1] != 4:
        return frame
    colour, opacity = frame[..., :3].astype(np.uint16), frame[..., 3:]
    mixed = colour * opacity + 255 * (255 - opacity.astype(np.uint16))
    return ((mixed + 127) // 255).astype(np.uint8)

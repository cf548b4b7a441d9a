"""Pillow's own limit of pixels is one for the whole process; no option sets it."""

import contextlib
import threading

from PIL import Image

_LOCK = threading.Lock()


@contextlib.contextmanager
def any_number_of_pixels():
    """Lets Pillow open images of any size inside the block."""
    with _LOCK:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit

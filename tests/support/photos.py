"""Images that tests share: photos, composites, files, and what Hypothesis tries."""

import io

import numpy as np
from hypothesis import HealthCheck
from hypothesis import settings
from PIL import Image
from scipy import ndimage

QUICK = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def photo(height=32, width=40, channels=3, seed=0):
    """Smooth bands with some noise on them, uint8 `(height, width, channels)`."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (3 + c) + c) * np.cos(y / (5 + c)) for c in range(channels)]
    rough = np.random.default_rng(seed).uniform(-0.2, 0.2, (height, width, channels))
    values = (np.stack(waves, -1) + rough) * 100 + 128
    return np.clip(values, 0, 255).astype(np.uint8)


def photo_file(path, height=32, width=40, channels=3):
    """Writes `photo` of 1, 3 or 4 channels to a file; returns its path."""
    array = photo(height, width, channels)
    Image.fromarray(array[..., 0] if channels == 1 else array).save(path)
    return path


def noise(*shape, dtype=np.uint8):
    """Pixels that take every value of their type alike."""
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape)
    return values.astype(dtype)


def png(size=(6, 4), colour=(0, 0, 0)):
    """The bytes of a PNG of one colour; `size` is Pillow's, (width, height)."""
    return encoded(Image.new("RGB", size, colour))


def encoded(image, file_format="PNG", **options):
    """The bytes of a file of a PIL image, or of an array that Pillow takes."""
    if not isinstance(image, Image.Image):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def box(size, share=4):
    """A mask with a box in the middle."""
    mask = np.zeros(size, bool)
    top, left = (side // 2 - side // share // 2 for side in size)
    mask[top : top + size[0] // share, left : left + size[1] // share] = True
    return mask


def pasted(size=(32, 40), channels=3):
    """A photo with a bright box in it, and the box's mask."""
    image, mask = photo(*size, channels), box(size)
    image[mask] = (250, 20, 240, 255)[:channels]
    return image, mask


def beyond(mask, radius_at_250):
    """Where no softened mask may reach, by distance alone."""
    factor = max(mask.shape) / 250
    radius = max(1, int(radius_at_250 * factor + 0.5))
    reach = int(4 * max(0.5, 5 * factor) + 0.5)
    far = ndimage.distance_transform_edt(~mask) > radius + reach * 2**0.5 + 1
    assert far.any()
    return far

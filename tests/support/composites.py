"""What the tests of harmonization and editing share: composites and masks."""

import functools

import numpy as np
from scipy import ndimage

from keras_singan import SinGAN
from support.tiny_models import TINIER
from support.tiny_models import photo


@functools.cache
def pyramid_of(channels):
    """Gives a tiny trained pyramid of that many channels: leave as is."""
    model = SinGAN(**TINIER)
    return model.fit(photo(24, 30, channels), alpha="train", verbose=0).pyramid_


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

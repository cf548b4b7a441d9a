"""What tests of models that were trained with masks share."""

import functools

import numpy as np

from keras_singan import SinGAN
from support.photos import box
from support.photos import photo
from support.tiny_models import TINIER

SIZE = (24, 30)


def stripe():
    """A mask of the upper third: bool, of `SIZE`."""
    mask = np.zeros(SIZE, bool)
    mask[:8] = True
    return mask


@functools.cache
def masked(channels=3, masks=1, **overrides):
    """Returns a `SinGAN` trained on a photo with one or two masks: leave as is."""
    given = [box(SIZE), stripe()][:masks]
    model = SinGAN(**TINIER | overrides)
    return model.fit(photo(*SIZE, channels), masks=given, alpha="train", verbose=0)

"""What an image and a mask must be, said once for Python and for graphs.

Python raises a `TaskError`; an exported graph answers INVALID_ARGUMENT. Both say
the same sentence.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from keras_singan.errors import TaskError
from keras_singan.geometry import receptive_field

# From this part of an image on, it is no edit of the photo but another picture.
MOST_CHANGED = 0.8


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule, applied to one input.

    Attributes:
        holds: Scalar bool tensor.
        sentence: What must be, without quotes, which a graph would escape.
        received: Tensor that a graph shows.
        describe: Function that gives Python's text of what was received.
    """

    holds: tf.Tensor
    sentence: str
    received: tf.Tensor
    describe: Callable

    def check(self):
        """Raises `TaskError` unless the rule holds; not in a graph."""
        if not self.holds:
            raise TaskError(f"{self.sentence} Received: {self.describe()}.")


def some_mask(inside, brightest=None):
    """The rule for a mask: something is inside. All of the image may be.

    Args:
        inside: bool tensor `(height, width)`.
        brightest: Function that says how bright the mask's brightest pixel is, for
            Python's text. Defaults to `None`.
    """
    some = tf.reduce_any(inside)
    return Rule(
        some,
        "The mask must be white, above half, where the image may change.",
        some,
        lambda: f"an empty mask, whose brightest pixel is {brightest()}",
    )


def photo_proportions(pyramid, sizes, size, subject="Without a mask the image"):
    """The rule for an image that is the photo, or is compared with it.

    Args:
        pyramid: A trained `SinGANPyramid`.
        sizes: What `generation_sizes` gives for the image.
        size: The image's (height, width), ints or scalar tensors.
        subject: Of the sentence. Defaults to that of an image without a mask.
    """
    same = tf.equal(tf.stack(sizes[-1]), tf.constant(pyramid.sizes[-1]))
    height, width = pyramid.sizes[-1]
    advice = ": give a mask." if "mask" in subject else "."
    return Rule(
        tf.reduce_all(same),
        f"{subject} must have the proportions of the photo, {height}x{width} "
        f"(height x width){advice}",
        tf.stack(size),
        lambda: f"an image of {size[0]}x{size[1]}",
    )


def partly_changed(found):
    """The rule for an image without a mask: it is an edit of the photo.

    Args:
        found: bool tensor `(height, width)`: where it differs from the photo.
    """
    part = tf.reduce_mean(tf.cast(found, tf.float32))
    return Rule(
        (part > 0) & (part <= MOST_CHANGED),
        "Without a mask the image must differ from the photo in some places only: "
        "give a mask.",
        part,
        lambda: f"an image that differs in {float(part):.0%} of its pixels",
    )


def coarsest_fits(pyramid, coarsest, size):
    """The rule for a size: the coarsest scale is no smaller than a patch.

    Args:
        pyramid: A trained `SinGANPyramid`.
        coarsest: (height, width) of the coarsest scale, ints or scalar tensors.
        size: The wanted (height, width), ints or scalar tensors.
    """
    smallest = receptive_field(pyramid.num_layers)
    return Rule(
        tf.reduce_min(tf.stack(coarsest)) >= smallest,
        "The image is too small or too elongated for this model, whose coarsest "
        f"scale must have {smallest} px.",
        tf.stack(size),
        lambda: f"an image of {size[0]}x{size[1]} (height x width)",
    )


def varies_at(pyramid, size, start_scale, variation, around_index):
    """The rule for a variation of the photo: scale 0 knows its noise at one size.

    Args:
        pyramid: A trained `SinGANPyramid`.
        size: The wanted (height, width), ints or scalar tensors.
        start_scale: int or scalar int tensor.
        variation: float or scalar float tensor, 1 for a sample.
        around_index: int or scalar int tensor: below 0 the photo is varied.
    """
    same = tf.reduce_all(tf.equal(tf.stack(size), tf.constant(pyramid.sizes[-1])))
    height, width = pyramid.sizes[-1]
    others = [
        tf.greater_equal(x, least) for x, least in ((start_scale, 1), (variation, 1.0))
    ]
    return Rule(
        same | tf.greater_equal(around_index, 0) | tf.reduce_any(others),
        "A variation of the photo below 1 must have the trained size, "
        f"{height}x{width} (height x width), or a start scale above 0.",
        tf.stack(size),
        lambda: f"size={tuple(size)}, variation={variation:g}",
    )


def refinement_of(refine, variation, around_index):
    """Says whether a variation is refined: the photo as remembered is not.

    Args:
        refine: Scalar int tensor: 1, 0, or -1 for what the model was made for.
        variation: float or scalar float tensor in [0, 1].
        around_index: int or scalar int tensor: below 0 the photo is varied.

    Returns:
        `refine`, or 0 where nothing but the reconstruction was asked for.
    """
    remembered = tf.equal(variation, 0.0) & tf.less(around_index, 0)
    return tf.where(tf.less(refine, 0) & remembered, 0, refine)


def least_size(pyramid, size):
    """The rule for an image that the finest generator enlarges.

    Args:
        pyramid: A trained `SinGANPyramid`.
        size: The image's (height, width), ints or scalar tensors.
    """
    smallest = receptive_field(pyramid.num_layers)
    return Rule(
        tf.reduce_min(tf.stack(size)) >= smallest,
        f"The image must have sides of at least {smallest} px.",
        tf.stack(size),
        lambda: f"an image of {size[0]}x{size[1]} (height x width)",
    )

"""Masks of what a task may change: threshold, dilate, feather, find.

Everything here runs in a graph, with height and width unknown, so that Python
and the exported model share it. A mask is `(height, width)`.
"""

import tensorflow as tf

from keras_singan.ops.opacity import premultiply
from keras_singan.ops.resize import resize

# Long side in pixels at which radius and sigma are given.
_LONG_SIDE = 250
# Long side at which images are compared. Finer, texture that a tool has
# sharpened or moved by a pixel would count as changed.
_COMPARED = 80
# Difference of images in [-1, 1] from which on a pixel counts as changed.
_DIFFERENCE = 0.15
# Least length of the blocks in which rows are blurred: fewer, larger products.
_BLOCK = 64
# The shades of the number 1 in 8 and in 16 bits, and what float32 makes of black.
_LABELS, _ROUNDING = (1 / 255, 1 / 65535), 1e-6


def threshold(mask):
    """Returns where a mask is above one half.

    JPEG makes 1 to 3 of 255 of black, which is outside, and 252 of white.

    Args:
        mask: float tensor of any shape, values in [0, 1].

    Returns:
        bool tensor of that shape.
    """
    return mask > 0.5


def from_image(image):
    """Returns the mask that an image shows: its bright, opaque pixels.

    An image whose largest number is 1, of 255 or of 65535, is a map of labels: 1 is
    inside.

    Args:
        image: float tensor `(height, width, channels)`, values in [-1, 1]. One
            bright channel makes a pixel bright. Of 4 channels the last is
            opacity: what is more transparent than opaque is outside.

    Returns:
        bool tensor `(height, width)`.
    """
    shades = (image + 1) / 2
    colours = shades[..., :3] if image.shape[-1] == 4 else shades
    largest = tf.reduce_max(colours)
    labels = tf.reduce_any(tf.abs(largest - _LABELS) < _ROUNDING)
    bright = tf.where(labels, colours > _ROUNDING, threshold(colours))
    inside = tf.reduce_any(bright, -1)
    return inside & threshold(shades[..., 3]) if image.shape[-1] == 4 else inside


def dilate(mask, radius):
    """Grows a mask by a disk: exact, by Euclidean distance.

    A row of the disk is a run of pixels, and whether a run holds any pixel of
    the mask shows in running sums. So memory grows with the pixels alone, and
    time with pixels times radius.

    Args:
        mask: bool tensor `(height, width)`.
        radius: int or scalar int32 tensor, pixels, at least 0.

    Returns:
        bool tensor `(height, width)`: where a pixel of `mask` is at most
        `radius` away.
    """
    radius = tf.convert_to_tensor(radius, tf.int32)
    height, width = tf.unstack(tf.shape(mask))
    pads = [[radius, radius], [radius + 1, radius]]
    counts = tf.cumsum(tf.pad(tf.cast(mask, tf.int32), pads), axis=1)

    def add(offset, grown):
        # Exact: in float64 the root of no such number is rounded up to a whole.
        half = tf.sqrt(tf.cast(radius**2 - offset**2, tf.float64))
        half = tf.cast(tf.floor(half), tf.int32)
        after, before = radius + half + 1, radius - half
        run = tf.not_equal(
            counts[:, after : after + width], counts[:, before : before + width]
        )
        above = run[radius - offset : radius - offset + height]
        below = run[radius + offset : radius + offset + height]
        return offset + 1, tf.ensure_shape(grown | above | below, mask.shape)

    _, grown = tf.while_loop(
        lambda offset, _: offset <= radius,
        add,
        (tf.constant(0), tf.identity(mask)),
        parallel_iterations=1,
    )
    return grown


def feather(mask, sigma):
    """Blurs a mask with a Gaussian, cut off at 4 sigma, to a maximum of 1.

    Borders mirror the mask. Only the maximum is scaled, not the minimum as in
    the published code, which divides 0 by 0 for a mask that covers everything.

    Args:
        mask: bool or float tensor `(height, width)`, values in [0, 1].
        sigma: float or scalar tensor, standard deviation in pixels, above 0.

    Returns:
        float32 tensor `(height, width)` in [0, 1]: exactly 0 beyond the reach
        of the Gaussian, and 0 everywhere for an empty mask.
    """
    kernel = _gaussian(sigma)
    blurred = tf.transpose(_blur_rows(tf.cast(mask, tf.float32), kernel))
    blurred = tf.transpose(_blur_rows(blurred, kernel))
    blurred = tf.ensure_shape(blurred, mask.shape)
    return tf.math.divide_no_nan(blurred, tf.reduce_max(blurred))


def soften(mask, radius_at_250, sigma_at_250=5.0):
    """Dilates and feathers a mask, by radii that grow with the image.

    Args:
        mask: bool tensor `(height, width)`.
        radius_at_250: Radius of the dilation in pixels where the long side has
            250; never less than 1 pixel.
        sigma_at_250: Standard deviation of the blur there, in pixels; never
            less than 0.5. Defaults to `5.0`, as in the published code.

    Returns:
        float32 tensor `(height, width)` in [0, 1].
    """
    factor = tf.cast(tf.reduce_max(tf.shape(mask)), tf.float64) / _LONG_SIDE
    radius = tf.cast(tf.floor(radius_at_250 * factor + 0.5), tf.int32)
    sigma = tf.cast(sigma_at_250, tf.float64) * factor
    return feather(dilate(mask, tf.maximum(radius, 1)), tf.maximum(sigma, 0.5))


def soften_by_area(mask, factor):
    """Dilates and feathers a mask, by lengths that grow with the mask itself.

    A mask of the area of a square grows by a 25th of that square's side, and by
    half a pixel of a picture that was enlarged by `factor`.

    Args:
        mask: bool tensor `(height, width)`.
        factor: float or scalar float tensor, at least 1.

    Returns:
        float32 tensor `(height, width)` in [0, 1].
    """
    side = tf.sqrt(tf.reduce_sum(tf.cast(mask, tf.float64)))
    factor = tf.cast(factor, tf.float64)
    radius = tf.cast(tf.floor(0.04 * side + 0.5 * factor + 0.5), tf.int32)
    return feather(dilate(mask, tf.maximum(radius, 1)), 0.03 * side + 0.3 * factor)


def changed(image, reference):
    """Finds where an image was changed.

    Both are compared at one small size: the largest difference of the channels,
    averaged over 3 x 3 pixels against noise and single pixels.

    Args:
        image: float tensor `(height, width, channels)`, values in [-1, 1].
        reference: float tensor `(any, any, channels)`, the same picture as it
            was, at any size.

    Returns:
        bool tensor `(height, width)`.
    """
    size = tf.shape(image)[:2]
    long, other = tf.reduce_max(size), tf.reduce_max(tf.shape(reference)[:2])
    factor = tf.minimum(tf.minimum(other, _COMPARED) / long, 1)
    small = tf.cast(tf.floor(tf.cast(size, tf.float64) * factor + 0.5), tf.int32)
    small = tf.unstack(tf.maximum(small, 1))
    # What cannot be seen has not changed either.
    seen = premultiply(image)[None], premultiply(reference)[None]
    difference = tf.abs(resize(seen[0], small) - resize(seen[1], small))
    difference = tf.reduce_max(difference, -1, keepdims=True)
    # "SAME" averages over the pixels that are there.
    difference = tf.nn.avg_pool2d(difference, 3, 1, "SAME")
    difference = tf.image.resize(difference, size, "bilinear")[0, ..., 0]
    return tf.ensure_shape(difference > _DIFFERENCE, image.shape[:2])


def _gaussian(sigma):
    """The kernel of `scipy.ndimage.gaussian_filter`, cut off at 4 sigma."""
    sigma = tf.cast(sigma, tf.float64)
    radius = tf.cast(4 * sigma + 0.5, tf.int32)
    distance = tf.cast(tf.range(-radius, radius + 1), tf.float64)
    kernel = tf.exp(-0.5 * (distance / sigma) ** 2)
    return tf.cast(kernel / tf.reduce_sum(kernel), tf.float32)


def _blur_rows(image, kernel):
    """Convolves the rows of `(height, width)`, mirrored at their ends.

    Rows are cut into blocks as long as the kernel. An output block depends on
    two blocks of the input: two matrix products, whatever the kernel's length.
    """
    width, length = tf.shape(image)[1], tf.size(kernel)
    block = tf.maximum(length - 1, _BLOCK)
    count = (width + block - 1) // block
    # Mirrors as often as needed: the kernel may be longer than the image.
    at = (tf.range((count + 1) * block) - length // 2) % (2 * width)
    at = tf.minimum(at, 2 * width - 1 - at)
    blocks = tf.reshape(tf.gather(image, at, axis=1), (-1, count + 1, block))
    tap = tf.range(2 * block)[:, None] - tf.range(block)
    weights = tf.gather(kernel, tf.clip_by_value(tap, 0, length - 1))
    weights = tf.where((tap >= 0) & (tap < length), weights, 0.0)
    blurred = tf.tensordot(blocks[:, :-1], weights[:block], 1)
    blurred += tf.tensordot(blocks[:, 1:], weights[block:], 1)
    return tf.reshape(blurred, (-1, count * block))[:, :width]

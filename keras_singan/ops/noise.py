"""THE random numbers: a key made of whole numbers in, noise out.

Nothing here has state: the same key gives the same noise in any order, on any
thread, after any restart. A key starts with the user's seed and the purpose;
what follows (scale, iteration, index of the sample) is folded in one by one.

Noise is always drawn outside functions that XLA compiles, because XLA draws
other numbers from the same key.
"""

import tensorflow as tf

from keras_singan.geometry import margin

# The purposes, so that no two of them ever share a key.
RECONSTRUCTION, TRAINING, SAMPLING, STATISTICS, ANIMATION, SUPER_RESOLUTION = range(6)
# Fresh noise that is mixed with a sample's, whatever seed both have.
VARIATION = 6


def noise_key(seed, purpose, *counters):
    """Folds whole numbers into a key.

    Args:
        seed: int or scalar integer tensor, any int64.
        purpose: One of this module's constants, or a scalar integer tensor of it.
        *counters: ints or scalar integer tensors.

    Returns:
        int64 tensor of shape `(2,)`.
    """
    key = tf.stack([tf.cast(seed, tf.int64), tf.cast(purpose, tf.int64)])
    for counter in counters:
        counter = tf.cast(counter, tf.int64)
        key = tf.random.experimental.stateless_fold_in(key, counter)
    return key


def noise_size(size, padding, num_layers):
    """Size of the noise for an image of `size` (height, width).

    With `padding="noise"` the noise also fills the margin that the
    convolutions take away, so that borders vary as much as the middle.
    """
    grown = 2 * margin(num_layers) if padding == "noise" else 0
    return size[0] + grown, size[1] + grown


def draw(key, scale, size, channels, batch=1):
    """Draws standard normal noise for one scale.

    At scale 0 one channel is drawn and repeated, as in the published code.

    Args:
        key: A `noise_key`.
        scale: int, index of the scale; or a scalar integer tensor of one above 0.
        size: Pair (height, width) of the noise.
        channels: int, channels of the image.
        batch: int. Defaults to `1`.

    Returns:
        float32 tensor of shape `(batch, height, width, channels)`.
    """
    drawn = channels if tf.is_tensor(scale) or scale > 0 else 1
    z = tf.random.stateless_normal((batch, *size, drawn), key)
    return tf.repeat(z, channels // drawn, axis=-1)


def mix(middle, fresh, variation):
    """Mixes two draws into noise that is as strong as each of them.

    Args:
        middle: float32 tensor.
        fresh: float32 tensor of a shape that fits it.
        variation: float or scalar float tensor in [0, 1]: 0 is `middle`, 1 `fresh`.

    Returns:
        float32 tensor; of standard normal draws again standard normal.
    """
    variation = tf.cast(variation, tf.float32)
    return tf.sqrt(1 - variation * variation) * middle + variation * fresh


def draw_samples(seed, indices, scale, size, channels, purpose=SAMPLING):
    """Draws the noise of several samples, each from a key of its own.

    Args:
        seed: int or scalar int64 tensor, the user's seed.
        indices: integer tensor of shape `(n,)`: which samples of that seed.
        scale: As in `draw`.
        size: Pair (height, width) of the noise.
        channels: int, channels of the image.
        purpose: As in `noise_key`. Defaults to `SAMPLING`.

    Returns:
        float32 tensor of shape `(n, height, width, channels)`. Row `i` depends
        on `seed` and `indices[i]` alone.
    """

    def draw_one(index):
        return draw(noise_key(seed, purpose, scale, index), scale, size, channels)[0]

    return tf.map_fn(draw_one, indices, fn_output_signature=tf.float32)

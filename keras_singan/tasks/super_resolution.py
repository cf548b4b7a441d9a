"""`super_resolve`: the finest generator, again and again on its own output."""

import math
import warnings

import numpy as np
import tensorflow as tf

from keras_singan.errors import TaskError
from keras_singan.geometry import super_resolution_steps
from keras_singan.ops import noise
from keras_singan.ops.back_projection import back_project
from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.step_sizes import MAX_FACTOR
from keras_singan.ops.step_sizes import step_sizes
from keras_singan.task_specs import FACTOR
from keras_singan.task_specs import SUPER_RESOLVE
from keras_singan.tasks.shared.checks import check_no_masks
from keras_singan.tasks.shared.checks import check_seed
from keras_singan.tasks.shared.inputs import read_for
from keras_singan.tasks.shared.output_pixels import to_pixels
from keras_singan.tasks.shared.rules import least_size

# The seed that means no noise, where `None` cannot be said.
NO_NOISE = SUPER_RESOLVE["seed"].sentinel
# Below this enlargement there is no detail to speak of. Beyond the other one, a
# generator that was not trained for it weaves patterns of its own: a resize does
# the rest.
_LEAST_DETAILED, _MOST_DETAILED = 1.1, 1.3

# See `back_project`. With less, texture is lost; with twice as much, dots stay in
# a clear sky.
_SLACK = 0.4


def super_resolve(
    pyramid,
    image=None,
    factor=FACTOR.default,
    *,
    seed=None,
    back_projection=True,
    config=None,
):
    """Enlarges an image, with detail as in the photo that was trained on.

    The finest generator adds detail to the slightly enlarged image, again and
    again, until the factor is reached (Shaham et al. 2019, section 4). A model
    trained with `task="super_resolution"` does it best: see
    `warn_unless_trained_for`.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: What `keras_singan.tasks.shared.inputs.read_for` takes, of any size from
            the receptive field of a generator on (11 px for 5 layers). `None`
            enlarges the training image, as trained. Defaults to `None`.
        factor: Enlargement of each side, greater than 1 and at most 64.
            Defaults to `4`.
        seed: Whole number that fixes noise which varies the detail, or `None`
            for no noise: the same result every time. Defaults to `None`.
        back_projection: Whether the result is corrected so that it shrinks to
            the image that was enlarged. Defaults to `True`.
        config: The `SinGANConfig` that the model was trained with, for a warning
            where another model would do better. Defaults to `None`: no warning.

    Returns:
        uint8 array of shape
        `(round(factor * height), round(factor * width), channels)`, halves up.

    Raises:
        ImageError: If the image cannot be read, or its channels cannot be made
            those of the model.
        TaskError: If the image is too small or an argument out of range.
    """
    factor = check_factor(factor)
    noisy = seed is not None
    seed = check_seed(seed) if noisy else NO_NOISE
    pixels = pyramid.real.value
    if image is not None:
        check_no_masks(pyramid, f"{SUPER_RESOLVE.name} with an image")
        pixels = read_for(pyramid, image)[None]
        least_size(pyramid, pixels.shape[1:3]).check()
    if config is not None:
        warn_unless_trained_for(config, factor)
    result = super_resolve_graph(pyramid, pixels, factor, seed, noisy, back_projection)
    return to_pixels(pyramid, result)[0]


def super_resolve_graph(pyramid, image, factor, seed, noisy=None, back_projection=True):
    """Does the work of `super_resolve`: tensors in, a tensor out, in any graph.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float32 tensor `(1, height, width, channels)`, values in [-1, 1],
            of any size.
        factor: float or scalar float tensor, greater than 1 and at most 64; see
            `keras_singan.ops.step_sizes.step_sizes`.
        seed: int or scalar int64 tensor.
        noisy: bool or scalar bool tensor, whether there is noise. Defaults to
            `None`: unless `seed` is -1.
        back_projection: bool. Defaults to `True`.

    Returns:
        float32 tensor `(1, new height, new width, channels)`, values in
        [-1, 1].
    """
    if noisy is None:
        noisy = tf.not_equal(tf.cast(seed, tf.int64), NO_NOISE)
    original = tf.convert_to_tensor(image)
    any_size = tf.TensorShape((1, None, None, pyramid.channels))
    masks = pyramid.mask_channels
    sizes = step_sizes(tf.shape(original)[1:3], factor)

    def step(i, image):
        size = tuple(tf.unstack(sizes[i]))
        z = _noise(pyramid, i, size, seed, noisy)
        previous = resize_picture(image, size, masks)
        previous = tf.ensure_shape(previous, any_size)
        image = pyramid.apply_generator(pyramid.num_scales - 1, z, previous)
        if back_projection:
            # Early, too: later steps would build on what is to be taken back.
            image = tf.clip_by_value(image, -1.0, 1.0)
            image = back_project(image, original, 1, masks, _SLACK)
        return i + 1, image

    _, enlarged = tf.while_loop(
        lambda i, _: i < tf.shape(sizes)[0],
        step,
        (tf.constant(0), original),
        shape_invariants=(tf.TensorShape(()), any_size),
        parallel_iterations=1,
    )
    enlarged = tf.clip_by_value(enlarged, -1.0, 1.0)
    if not back_projection:
        return enlarged
    return back_project(enlarged, original, masks=masks, slack=_SLACK)


def enlarge_generated(pyramid, generated, size):
    """Resizes what a pyramid generated to the size of the user's picture.

    Where that is larger than the photo as trained, the finest generator makes
    the detail; a plain resize would show a blur.

    Args:
        pyramid: A trained `SinGANPyramid`.
        generated: float32 tensor `(1, height, width, channels)`.
        size: Pair (height, width) of ints or scalar integer tensors.

    Returns:
        float32 tensor `(1, *size, channels)`, values in [-1, 1].
    """
    generated = tf.clip_by_value(generated, -1.0, 1.0)
    factor = tf.reduce_max(size) / tf.reduce_max(tf.shape(generated)[1:3])
    grown = tf.cond(
        factor < _LEAST_DETAILED,
        lambda: generated,
        lambda: super_resolve_graph(
            pyramid, generated, tf.minimum(factor, _MOST_DETAILED), NO_NOISE
        ),
    )
    return resize_picture(grown, size, pyramid.mask_channels)


def _noise(pyramid, step, size, seed, noisy):
    """Noise of one step, times its amplitude; zeros where none is wanted."""
    scale, channels = pyramid.num_scales - 1, pyramid.channels
    size = noise.noise_size(size, pyramid.padding, pyramid.num_layers)

    def draw():
        key = noise.noise_key(seed, noise.SUPER_RESOLUTION, step)
        amp = pyramid.noise_amps.value[scale]
        return amp * noise.draw(key, scale, size, channels)

    return tf.cond(noisy, draw, lambda: tf.zeros((1, *size, channels)))


def check_factor(factor):
    """Returns `factor` as a float, or raises `TaskError`."""
    real = isinstance(factor, (int, float, np.integer, np.floating))
    if not real or isinstance(factor, bool) or not 1 < factor <= MAX_FACTOR:
        raise TaskError(
            f"`factor` must be a number greater than 1 and at most {MAX_FACTOR:g}. "
            f"Received: factor={factor!r}."
        )
    return float(factor)


def warn_unless_trained_for(config, factor):
    """Warns where a model trained for this enlargement would do it better.

    Args:
        config: The `SinGANConfig` that the model was trained with.
        factor: The enlargement that is wanted.

    Raises:
        TaskError: If `factor` is out of range.

    Warns:
        UserWarning: If the model was not trained for super-resolution, or for
            enlarging by steps that differ by more than 2 %.
    """
    factor = check_factor(factor)
    better = (
        f"one trained for the task super-resolution, factor {factor:g} "
        f"(keras-singan train IMAGE --task super-resolution --factor {factor:g})"
    )
    if config.task != "super_resolution":
        text = f"This model was not trained for super-resolution. Better: {better}"
        warnings.warn(text, UserWarning, stacklevel=4)
        return
    (_, trained), (_, wanted) = map(super_resolution_steps, (config.factor, factor))
    if abs(math.log(trained / wanted)) > math.log(1.02):
        text = (
            f"This model was trained to enlarge by {trained:.3g} at a time, as for "
            f"factor={config.factor:g}; here it is {wanted:.3g}. "
            f"Perhaps better: {better}"
        )
        warnings.warn(text, UserWarning, stacklevel=4)

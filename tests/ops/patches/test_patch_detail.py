"""Detail is borrowed from where a picture looks alike."""

import numpy as np
import tensorflow as tf

from keras_singan.ops.patches.patch_detail import borrow_detail
from keras_singan.ops.resize import resize


def striped(size=(48, 64)):
    """Bright with fine stripes at the left, dark and plain at the right."""
    picture = np.full((1, *size, 3), 0.5, "float32")
    picture[:, ::2, : size[1] // 2] = 0.7
    picture[:, :, size[1] // 2 :] = -0.5
    return tf.constant(picture)


def coarse(picture):
    return resize(resize(picture, (12, 16)), picture.shape[1:3])


def region_of(picture, rows, columns):
    region = np.zeros(picture.shape[1:3], bool)
    region[rows, columns] = True
    return tf.constant(region)


def borrow(smooth, picture, region):
    return borrow_detail(smooth, picture, region, tf.cast(region, "float32"), (12, 16))


def test_bright_gets_the_stripes_of_bright_and_dark_gets_none():
    picture = striped()
    # Bright, without stripes, in the dark.
    smooth = coarse(picture).numpy()
    smooth[:, 12:36, 40:56] = 0.6
    region = region_of(picture, slice(12, 36), slice(40, 56))
    result = borrow(tf.constant(smooth), picture, region)
    stripes = np.abs(np.diff(result[0, 16:32, 44:52, 0], axis=0)).mean()
    assert stripes > 0.08
    dark = np.abs(np.diff(result[0, 16:32, 58:62, 0], axis=0)).mean()
    assert dark < 0.02


def test_outside_the_region_a_picture_keeps_its_own():
    picture = striped()
    region = region_of(picture, slice(30, 40), slice(40, 50))
    result = borrow(coarse(picture), picture, region)
    outside = ~region.numpy()
    assert np.abs((result - picture)[0].numpy()[outside]).max() < 1e-5


def test_the_region_itself_gives_no_detail():
    picture = striped().numpy()
    picture[:, 12:36, 40:56] = np.random.default_rng(0).uniform(-1, 1, (24, 16, 3))
    region = region_of(picture, slice(12, 36), slice(40, 56))
    smooth = np.full_like(picture, -0.5)
    result = borrow(tf.constant(smooth), tf.constant(picture), region)
    noise = (picture - coarse(tf.constant(picture)))[0, 14:34, 42:54]
    found = (result - smooth)[0, 14:34, 42:54]
    # The share of its own that stays, and the plain dark around it.
    assert np.abs(found - 0.3 * noise).mean() < 0.05


def test_a_graph_of_unknown_size_gives_the_same():
    picture = striped()
    region = region_of(picture, slice(12, 36), slice(40, 56))
    spec = tf.TensorSpec((1, None, None, 3))

    @tf.function(
        input_signature=[
            *(spec, spec),
            tf.TensorSpec((None, None), tf.bool),
            tf.TensorSpec((None, None)),
            tf.TensorSpec((2,), tf.int32),
        ],
        autograph=False,
    )
    def graph(smooth, picture, region, soft, size):
        return borrow_detail(smooth, picture, region, soft, tf.unstack(size))

    given = coarse(picture), picture, region, tf.cast(region, "float32")
    expected = borrow_detail(*given, (12, 16))
    assert np.allclose(graph(*given, (12, 16)), expected, atol=1e-5)

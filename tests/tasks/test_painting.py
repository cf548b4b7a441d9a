"""Paint-to-image: what a painting becomes, at which size, and what is refused."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from support.checks import assert_one_line
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import trained

from keras_singan import ImageError
from keras_singan import SinGAN
from keras_singan import TaskError
from keras_singan.io.image import to_float
from keras_singan.io.image import to_uint8
from keras_singan.ops.resize import resize
from keras_singan.tasks import retrained_scale
from keras_singan.tasks.painting import paint_quantized
from keras_singan.tasks.painting import paint_quantized_graph
from keras_singan.tasks.painting import paint_to_image
from keras_singan.tasks.painting import paint_to_image_graph
from keras_singan.tasks.painting import quantized_input
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.super_resolution import enlarge_generated

SIZES = [(32, 40), (64, 80), (50, 41), (17, 90), (11, 12), (201, 150)]


def clip_art(height=32, width=40, channels=3):
    """Three flat bands."""
    colours = np.random.default_rng(3).integers(0, 256, (3, channels), np.uint8)
    return np.repeat(colours[np.arange(height) * 3 // height, None], width, axis=1)


@functools.cache
def model(channels=3):
    if channels == 3:
        return trained()[0]
    return SinGAN(**TINIER).fit(photo(24, 30, channels), alpha="train", verbose=0)


@functools.cache
def retrained(channels):
    singan = model(channels)
    return retrained_scale.retrain(singan.pyramid_, singan.config_, 1, 4)


def paint(image=None, channels=3, seed=5, **kwargs):
    image = clip_art(channels=channels) if image is None else image
    return paint_to_image(model(channels).pyramid_, image, seed=seed, **kwargs)


def paint_few(image=None, channels=3, seed=5):
    image = clip_art(channels=channels) if image is None else image
    return paint_quantized(retrained(channels), image, seed=seed)


@pytest.mark.parametrize("task", [paint, paint_few])
@pytest.mark.parametrize("size", SIZES)
def test_a_painting_of_any_size_comes_back_at_that_size(task, size):
    result = task(clip_art(*size))
    assert result.dtype == np.uint8 and result.shape == (*size, 3)
    assert len(np.unique(result.reshape(-1, 3), axis=0)) > 20


@pytest.mark.parametrize("task", [paint, paint_few])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_channels_go_in_and_those_of_the_model_come_out(task, channels):
    assert task(channels=channels).shape == (32, 40, channels)
    for other in (1, 3):
        image = clip_art(33, 41, other)
        assert task(image, channels=channels).shape == (33, 41, channels)
    with pytest.raises(ImageError) as error:
        task(clip_art(channels=7), channels=channels)
    assert_one_line(error)


@pytest.mark.parametrize("task", [paint, paint_few])
def test_a_seed_fixes_the_result(task):
    first = task()
    np.random.seed(1)
    tf.random.set_seed(1)
    assert np.array_equal(task(), first)
    assert not np.array_equal(task(seed=6), first)
    assert not np.array_equal(task(seed=None), task(seed=None))


@pytest.mark.parametrize("task", [paint, paint_few])
def test_files_are_read_as_arrays_are(task, tmp_path):
    Image.fromarray(clip_art()).save(tmp_path / "paint.png")
    wanted = task(clip_art())
    assert np.array_equal(task(tmp_path / "paint.png"), wanted)
    assert np.array_equal(task((tmp_path / "paint.png").read_bytes()), wanted)


@pytest.mark.parametrize("start_scale", [1, 2])
def test_at_the_photo_s_size_it_is_what_the_pyramid_injects(start_scale):
    pyramid, image = model().pyramid_, to_float(clip_art())[None]
    wanted = pyramid.inject(image, start_scale, 5)
    result = paint(start_scale=start_scale)
    assert np.array_equal(result, to_uint8(wanted.numpy()[0]))
    tall = paint(clip_art(96, 120), start_scale=start_scale)
    wanted = pyramid.inject(to_float(clip_art(96, 120))[None], start_scale, 5)
    wanted = enlarge_generated(pyramid, wanted, (96, 120))
    assert np.array_equal(tall, to_uint8(wanted.numpy()[0]))


def test_the_coarsest_possible_scale_is_the_default():
    assert np.array_equal(paint(), paint(start_scale=1))
    assert not np.array_equal(paint(), paint(start_scale=2))


def test_a_later_start_stays_closer_to_the_painting():
    image = to_float(clip_art(channels=3))
    distances = [np.abs(to_float(paint(start_scale=s)) - image).mean() for s in (1, 2)]
    assert distances[0] > distances[1] > 0


@pytest.mark.parametrize("seed", [2**63, "a", 1.0, True])
def test_a_seed_out_of_range_is_refused(seed):
    for task in (paint, paint_few):
        with pytest.raises(TaskError) as error:
            task(seed=seed)
        assert_one_line(error)
        assert "`seed`" in str(error.value)


@pytest.mark.parametrize("start_scale", [0, -1, 3, 1.0, "1", True])
def test_a_start_scale_out_of_range_is_refused(start_scale):
    with pytest.raises(TaskError) as error:
        paint(start_scale=start_scale)
    assert_one_line(error)
    assert "from 1 to 2" in str(error.value)
    assert f"Received: start_scale={start_scale!r}." in str(error.value)


@pytest.mark.parametrize("image", ["missing.png", b"no image", None, np.zeros((0, 3))])
def test_what_is_no_image_is_refused(image):
    for task, first in ((paint_to_image, model().pyramid_), (paint_few, None)):
        with pytest.raises(ImageError) as error:
            task(first, image) if first else paint_quantized(retrained(3), image)
        assert_one_line(error)


def test_a_painting_too_elongated_is_refused():
    for task in (paint, paint_few):
        with pytest.raises(TaskError) as error:
            task(clip_art(9, 900))
        assert_one_line(error)
        assert "elongated" in str(error.value)


@pytest.mark.parametrize("size", SIZES)
def test_what_enters_the_retrained_scale_has_the_colours_of_the_palette(
    monkeypatch, size
):
    seen, few = [], retrained(3)
    generate = few.pyramid.generate_function

    def spy(zs, image, **options):
        seen.append(image.numpy())
        return generate(zs, image, **options)

    monkeypatch.setattr(few.pyramid, "generate_function", spy)
    paint_few(photo(*size))
    sizes = generation_sizes(few.pyramid, size)
    entered = seen[0]
    assert entered.shape == (1, *sizes[1], 3)
    colours = {colour.tobytes() for colour in entered.reshape(-1, 3)}
    assert 1 < len(colours) <= 4
    assert colours <= {colour.tobytes() for colour in few.palette}
    direct = quantized_input(few, to_float(photo(*size))[None], sizes[1])
    assert np.array_equal(direct, entered)
    # The pyramid brings what enters to the scale's size: it must not mix colours.
    assert np.array_equal(resize(entered, sizes[1]), entered)


def test_the_retrained_scale_runs_first_and_the_others_after_it():
    few, sizes = retrained(3), model().pyramid_.sizes
    pyramid, image = few.pyramid, to_float(clip_art())[None]
    zs = pyramid.draw_noise(5, tf.range(1), 1, sizes)
    amps = pyramid.noise_amps.value
    entered = quantized_input(few, image, sizes[1])
    middle = pyramid.generators[1](amps[1] * zs[0], entered)
    finest = pyramid.generators[2](amps[2] * zs[1], resize(middle, sizes[2]))
    result = paint_quantized_graph(few, image, 5, sizes)
    np.testing.assert_allclose(result, np.clip(finest, -1, 1), atol=1e-5)
    assert not np.array_equal(paint_few(), paint())


@pytest.mark.parametrize("few", [False, True])
def test_a_graph_of_any_size_gives_the_same_pixels(few):
    pyramid = model().pyramid_
    signature = [
        tf.TensorSpec((1, None, None, 3), tf.float32),
        tf.TensorSpec((), tf.int64),
        tf.TensorSpec((3, 2), tf.int32),
    ]

    def run(image, seed, sizes):
        sizes = [tuple(tf.unstack(size)) for size in tf.unstack(sizes)]
        if few:
            return paint_quantized_graph(retrained(3), image, seed, sizes)
        return paint_to_image_graph(pyramid, image, 1, seed, sizes)

    graph = tf.function(run, input_signature=signature, autograph=False)
    for size in SIZES:
        image = to_float(photo(*size))[None]
        sizes = generation_sizes(pyramid, size)
        result = graph(image, tf.constant(5, tf.int64), sizes)
        wanted = (paint_few if few else paint)(photo(*size))
        assert np.array_equal(to_uint8(result.numpy()[0]), wanted)

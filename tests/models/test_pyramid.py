"""The pyramid of generators: what it computes, and that it only computes."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.tiny_models import randomize
from support.tiny_models import trained

from keras_singan.models.pyramid import SinGANPyramid
from keras_singan.ops.resize import resize

SIZES = ((9, 11), (13, 16), (18, 22))


def new_pyramid(**kwargs):
    """Random weights far from their start, so that every part matters."""
    kwargs = {"filters": (4, 4, 6), "num_layers": 2} | kwargs
    pyramid = SinGANPyramid(SIZES, **kwargs)
    randomize(pyramid.generators, 0.1, seed=3)
    pyramid.noise_amps.assign([1.0, 0.4, 0.2])
    return pyramid


def noise(pyramid, n=2, seed=5, **kwargs):
    return pyramid.draw_noise(seed, tf.range(n), **kwargs)


def test_a_saved_pyramid_comes_back_through_plain_keras(tmp_path):
    pyramid = trained()[0].pyramid_
    pyramid.save(tmp_path / "pyramid.keras")
    back = keras.saving.load_model(tmp_path / "pyramid.keras")
    assert type(back) is SinGANPyramid
    for old, new in zip(pyramid.weights, back.weights, strict=True):
        assert old.numpy().tobytes() == new.numpy().tobytes()
    zs = noise(pyramid)
    assert np.array_equal(back.generate(zs), pyramid.generate(zs))
    assert np.array_equal(back.reconstruct(), pyramid.reconstruct())
    assert back.metadata == pyramid.metadata


def test_the_config_holds_every_argument():
    values = {"channels": 2, "normalization": None, "padding": "noise", "seed": 7}
    pyramid = new_pyramid(metadata={"a": [1, {"b": None}]}, **values)
    config = pyramid.get_config()
    parameters = inspect.signature(SinGANPyramid.__init__).parameters
    assert {*parameters} - {"self", "kwargs"} <= {*config}
    assert {name: config[name] for name in values} == values
    again = SinGANPyramid.from_config(config)
    assert again.get_config() == config
    assert [w.shape for w in again.weights] == [w.shape for w in pyramid.weights]


def test_each_scale_adds_detail_to_the_enlarged_image_below():
    pyramid = new_pyramid()
    zs = noise(pyramid)
    image = np.zeros((2, *SIZES[0], 3), "float32")
    for amp, z, size, generator in zip(
        (1.0, 0.4, 0.2), zs, SIZES, pyramid.generators, strict=True
    ):
        image = generator(np.float32(amp) * z, resize(image, size), training=False)
    np.testing.assert_allclose(pyramid.generate(zs), image, atol=1e-6)
    assert np.array_equal(pyramid(zs), pyramid.generate(zs))


def test_fixed_noise_below_and_none_above_give_the_reconstruction():
    pyramid = new_pyramid()
    zs = [np.repeat(pyramid.z_rec.numpy(), 3, axis=-1)]
    zs += [np.zeros((1, *size, 3), "float32") for size in SIZES[1:]]
    assert np.array_equal(pyramid.generate(zs), pyramid.reconstruct())
    assert pyramid.reconstruct(0) is None
    assert pyramid.reconstruct(2).shape == (1, *SIZES[1], 3)


def test_scales_can_be_run_in_two_parts():
    pyramid = new_pyramid()
    zs = noise(pyramid)
    below = pyramid.generate(zs[:1], stop_scale=1)
    assert below.shape == (2, *SIZES[0], 3)
    above = pyramid.generate(zs[1:], below)
    assert np.array_equal(above, pyramid.generate(zs))


def test_one_image_below_serves_the_whole_batch():
    pyramid = new_pyramid()
    below = pyramid.reconstruct(1)
    zs = noise(pyramid, 3, start_scale=1)
    result = pyramid.generate(zs, below)
    assert result.shape == (3, *SIZES[-1], 3)
    wanted = pyramid.generate(zs, np.repeat(below, 3, axis=0))
    np.testing.assert_allclose(result, wanted, atol=1e-6)


@pytest.mark.parametrize("padding", ["zeros", "noise"])
def test_one_graph_serves_any_size_and_batch(padding):
    pyramid = new_pyramid(padding=padding)
    traced = set()
    for n, factor in ((1, 1.0), (2, 1.5), (3, 2.2), (1, 3.1), (5, 0.8), (2, 1.0)):
        sizes = [(round(h * factor), w) for h, w in SIZES]
        zs = noise(pyramid, n, sizes=sizes)
        result = pyramid.generate_function(zs)
        assert result.shape == (n, *sizes[-1], 3)
        np.testing.assert_allclose(result, pyramid.generate(zs), atol=1e-5)
        traced.add(pyramid._graphs[-1].experimental_get_tracing_count())
    assert max(traced) <= 3


def test_noise_padding_lets_the_margin_of_the_noise_reach_the_border():
    pyramid = new_pyramid(padding="noise")
    zs = [z.numpy() for z in noise(pyramid, 1)]
    assert [z.shape[1:3] for z in zs] == [(h + 4, w + 4) for h, w in SIZES]
    first = pyramid.generate(zs).numpy()
    assert first.shape == (1, *SIZES[-1], 3)
    zs[-1][:, 0] += 9
    changed = np.any(pyramid.generate(zs) != first, axis=(0, 2, 3))
    # That row lies 2 px outside, where only the first row of the image sees it.
    assert changed.tolist() == [True] + [False] * (SIZES[-1][0] - 1)


def test_a_bfloat16_pyramid_keeps_images_in_float32():
    exact, rough = new_pyramid(), new_pyramid(dtype="mixed_bfloat16")
    assert all(w.dtype == "float32" for w in rough.weights)
    zs = noise(exact)
    result = rough.generate(zs)
    assert result.dtype == tf.float32
    assert not np.array_equal(result, exact.generate(zs))
    np.testing.assert_allclose(result, exact.generate(zs), atol=0.05)
    for generator in rough.generators:
        generator.tail.kernel.assign(generator.tail.kernel * 0)
        generator.tail.bias.assign(generator.tail.bias * 0)
    image = np.random.default_rng(0).uniform(-1, 1, (1, *SIZES[-1], 3))
    image = image.astype("float32")
    np.testing.assert_allclose(rough.generate(zs[-1:], image)[0], image[0], atol=1e-6)


@pytest.mark.parametrize("normalization", ["batch", "instance", None])
def test_generating_changes_no_variable(normalization):
    pyramid = new_pyramid(normalization=normalization)
    before = [w.numpy().copy() for w in pyramid.weights]
    pyramid.generate(noise(pyramid))
    pyramid.generate_function(noise(pyramid))
    pyramid.reconstruct()
    for old, weight in zip(before, pyramid.weights, strict=True):
        assert old.tobytes() == weight.numpy().tobytes()


def test_noise_of_a_sample_depends_on_seed_and_index_alone():
    pyramid = new_pyramid()
    many = noise(pyramid, 4)
    for alone, together in zip(
        pyramid.draw_noise(5, tf.constant([2])), many, strict=True
    ):
        assert np.array_equal(alone[0], together[2])
        assert not np.array_equal(together[1], together[2])
    assert not np.array_equal(many[1], noise(pyramid, 4, seed=6)[1])
    # At the coarsest scale the channels share their noise, above they do not.
    assert np.ptp(many[0], axis=-1).max() == 0 < np.ptp(many[1], axis=-1).min()


def test_the_seed_fixes_weights_and_reconstruction_noise():
    one, same, other = (
        SinGANPyramid(SIZES, (4, 4, 4), num_layers=2, seed=s) for s in (1, 1, 2)
    )
    for a, b in zip(one.weights, same.weights, strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(one.z_rec, other.z_rec)
    kernels = [g.blocks[0].conv.kernel for g in [*one.generators, *other.generators]]
    assert len({k.numpy().tobytes() for k in kernels}) == 6

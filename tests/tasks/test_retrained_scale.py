"""The retrained scale: what it learns from, and what it leaves alone."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import TINY
from support.tiny_models import asked
from support.tiny_models import retrained
from support.tiny_models import trained
from support.tiny_models import weight_bytes

from keras_singan import SinGAN
from keras_singan.config import SinGANConfig
from keras_singan.io.image import to_float
from keras_singan.models.pyramid import new_pyramid
from keras_singan.ops.quantize import palette
from keras_singan.ops.quantize import repaint
from keras_singan.ops.resize import resize
from keras_singan.tasks import retrained_scale
from keras_singan.tasks.retrained_scale import QuantizedScale
from keras_singan.tasks.retrained_scale import QuantizedTrainer


def colours_of(image):
    return {colour.tobytes() for colour in np.reshape(image, (-1, image.shape[-1]))}


@pytest.mark.parametrize("scale", [1, 2])
def test_only_the_generator_of_that_scale_is_another(scale):
    base = trained()[0].pyramid_
    before = weight_bytes(base)
    few = retrained(scale)
    assert weight_bytes(base) == before
    for k, (old, new) in enumerate(
        zip(base.generators, few.pyramid.generators, strict=True)
    ):
        assert old is not new
        same = [
            a == b for a, b in zip(weight_bytes(old), weight_bytes(new), strict=True)
        ]
        # The first bias precedes a normalization: it hardly moves, but it does.
        assert all(same) if k != scale else not any(same)
    assert np.array_equal(base.z_rec, few.pyramid.z_rec)
    assert np.array_equal(base.real, few.pyramid.real)
    assert few.scale == scale and few.colors == 4
    assert few.config == trained()[0].config_
    assert base.dtype_policy == few.pyramid.dtype_policy


def test_the_palette_is_that_of_the_photo_at_that_scale():
    for scale in (1, 2):
        few = retrained(scale)
        real = resize(few.pyramid.real, few.pyramid.sizes[scale]).numpy()[0]
        seed = trained()[0].config_.seed
        assert few.palette.shape == (4, 3)
        assert np.array_equal(few.palette, palette(real, 4, seed))


def trainer(scale=1, colors=4):
    copy = SinGAN.load(trained()[1]).pyramid_
    return QuantizedTrainer(copy, scale, trained()[0].config_, colors)


@pytest.mark.parametrize("scale", [1, 2])
def test_it_learns_from_images_in_the_colours_of_the_palette(scale):
    few = trainer(scale)
    known = colours_of(few.palette)
    drawn = few.draw(tf.constant(0, tf.int64))["lower"]
    images = [few.draw_previous(drawn)]
    images += [data["previous_rec"] for data in few.dataset().take(2)]
    images += [previous for _, previous, _ in few._statistics_inputs(2)]
    assert len(images) == 1 + 2 + 4
    for image in images:
        assert 1 < len(colours_of(image)) <= 4
        assert colours_of(image) <= known
    below = resize(few.pyramid.generate(drawn, stop_scale=scale), few.size)
    assert len(colours_of(below)) > 100
    assert np.array_equal(images[0], repaint(below, few.palette))
    assert len(colours_of(few.real)) > 100


def test_what_lies_outside_the_photo_is_not_repainted():
    base = trained()[0]
    config = dataclasses.replace(base.config_, crop_size=12)
    crops = QuantizedTrainer(base.pyramid_, 2, config, 4)
    for step in range(20):
        data = crops.draw(tf.constant(step, tf.int64))
        previous = crops.draw_previous(data["lower"]).numpy()
        # The same crop of the reconstruction tells where the photo ends.
        outside = np.all(data["previous_rec"] == 0, axis=(0, -1))
        assert not previous[:, outside].any()
        colours = {tuple(colour) for colour in previous[:, ~outside].reshape(-1, 3)}
        assert colours <= {tuple(colour) for colour in crops.palette}


def test_the_compiled_step_sees_these_images_too():
    few = trainer()
    drawn = few.draw(tf.constant(0, tf.int64))["lower"]
    for jit_compile in (False, True):
        graph = tf.function(few.draw_previous, jit_compile=jit_compile)
        assert colours_of(graph(drawn)) <= colours_of(few.palette)


@pytest.mark.parametrize("scale", [1, 2])
def test_the_amplitude_is_measured_before_the_colours_are_few(scale):
    base = trained()[0].pyramid_
    few = retrained(scale).pyramid
    below = resize(base.reconstruct(scale), base.sizes[scale])
    real = resize(base.real, base.sizes[scale])
    wanted = 0.1 * np.sqrt(np.mean(np.square(real - below), dtype="float64"))
    np.testing.assert_allclose(few.noise_amps.numpy()[scale], wanted, rtol=1e-5)
    np.testing.assert_allclose(few.noise_amps, base.noise_amps, rtol=1e-5)


def test_it_starts_from_scratch(monkeypatch):
    started = {}

    def train(self, store=None, callbacks=()):
        started["generator"] = weight_bytes(self.scale_gan.generator)
        started["discriminator"] = weight_bytes(self.scale_gan.discriminator)

    model = trained()[0]
    monkeypatch.setattr(QuantizedTrainer, "train", train)
    retrained_scale.retrain(model.pyramid_, model.config_, 1, 4)
    fresh = new_pyramid(to_float(photo()), SinGANConfig(**TINY))
    assert started["generator"] == weight_bytes(fresh.generators[1])
    monkeypatch.undo()
    alone = retrained_scale.ScaleTrainer(fresh, 1, model.config_).scale_gan
    assert started["discriminator"] == weight_bytes(alone.discriminator)


@pytest.mark.parametrize("verbose, lines", [(0, 0), (1, 2)])
def test_it_can_be_repeated_and_says_so_on_standard_error(capsys, verbose, lines):
    again = asked(verbose=verbose)
    assert weight_bytes(again.pyramid) == weight_bytes(retrained().pyramid)
    assert np.array_equal(again.palette, retrained().palette)
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == lines
    if lines:
        assert err.startswith("Retraining scale 1 on 4 colours\nscale 1 of 0-2, ")


def test_it_takes_as_many_iterations_as_the_config_says():
    steps = []

    class Spy(QuantizedTrainer):
        def _fit(self, store, callbacks):
            super()._fit(store, callbacks)
            steps.append(self.scale_gan.iteration)

    few = trainer()
    Spy(few.pyramid, 1, SinGANConfig(**TINY | {"steps": 7}), 4).train()
    assert steps == [7]


def test_it_learns_to_paint_the_photo():
    options = {"steps": 80, "learning_rate": 5e-3, "reconstruction_weight": 100}
    # So few iterations teach scale 0 the photo from one noise only.
    options["rec_noise"] = "fixed"
    singan = SinGAN(**TINIER | options).fit(photo(24, 30), verbose=0)
    few = asked(singan=singan, colors=3)
    pyramid = few.pyramid
    below = resize(pyramid.reconstruct(1), pyramid.sizes[1])
    entering = repaint(below, few.palette)
    real = resize(pyramid.real, pyramid.sizes[1])
    no_noise = tf.zeros_like(real)
    results = [
        model.generators[1](no_noise, entering) for model in (pyramid, singan.pyramid_)
    ]
    few_error, plain_error, no_error = (
        float(np.mean(np.square(image - real))) for image in (*results, entering)
    )
    assert few_error < 0.85 * plain_error < 0.85 * no_error


@pytest.mark.parametrize("channels", [1, 4])
def test_other_channels_are_retrained_and_kept(channels, tmp_path):
    singan = SinGAN(**TINIER).fit(photo(24, 30, channels), alpha="train", verbose=0)
    path = tmp_path / "few.keras"
    few = asked(path, singan=singan, colors=3)
    assert few.palette.shape == (3, channels)
    assert weight_bytes(QuantizedScale.load(path).pyramid) == weight_bytes(few.pyramid)


def test_bfloat16_and_padded_noise_stay_as_they_are(tmp_path):
    options = {"dtype_policy": "mixed_bfloat16", "padding": "noise"}
    singan = SinGAN(**TINIER | options).fit(photo(24, 30), verbose=0)
    few = asked(tmp_path / "few.keras", singan=singan, colors=3)
    kept = QuantizedScale.load(tmp_path / "few.keras")
    for pyramid in (few.pyramid, kept.pyramid):
        assert pyramid.dtype_policy.name == "float32"
        assert pyramid.padding == "noise"

"""What a scale is trained on: the whole image or crops of it."""

import numpy as np
import pytest
import tensorflow as tf
from support.photos import photo
from support.tiny_models import TINY
from support.tiny_models import assert_same_weights
from support.tiny_models import new_trainer

from keras_singan import SinGAN
from keras_singan.models.crop_windows import cut
from keras_singan.ops import noise
from keras_singan.training.callbacks import ScaleCallback

CROP, MARGIN = 13, TINY["num_layers"]
# All that a preset may change beside the published numbers.
EVERYTHING = {
    "crop_size": CROP,
    "warm_fraction": 0.8,
    "steps": 6,
    "dtype_policy": "mixed_bfloat16",
    "max_filters": 4,
    "discriminator_steps": 1,
}


def draws(trainer, count=300):
    for i in range(count):
        yield trainer.data.draw(noise.noise_key(0, noise.TRAINING, i), 1)


@pytest.mark.parametrize(
    ("crop_size", "crop"), [(None, None), (40, None), (32, (32, 32)), (13, (13, 13))]
)
def test_an_image_that_is_larger_is_seen_in_crops(crop_size, crop):
    trainer = new_trainer(2, crop_size=crop_size)
    real = trainer.draw(tf.constant(0, tf.int64))["real"]
    assert real.shape[1:3] == (crop or (32, 40))


@pytest.mark.parametrize("padding", ["zeros", "noise"])
@pytest.mark.parametrize("scale", [0, 2])
def test_a_crop_is_a_part_of_the_image_and_what_surrounds_it(scale, padding):
    trainer = new_trainer(scale, crop_size=CROP, padding=padding, rec_noise="fixed")
    trainer.data.previous_rec = tf.constant(
        np.random.default_rng(0).uniform(-1, 1, trainer.real.shape), tf.float32
    )
    around = [[0, 0], [MARGIN] * 2, [MARGIN] * 2, [0, 0]]
    real, rec = trainer.real.numpy(), np.pad(trainer.data.previous_rec, around)
    inside = np.pad(np.ones((1, *trainer.size, 1)), around)
    z_rec = trainer.data.noise_amp * trainer.pyramid.rec_noise(scale)
    if padding == "zeros":
        z_rec = np.pad(z_rec, around)
    for drawn in draws(trainer, 20):
        found = np.lib.stride_tricks.sliding_window_view(real, (CROP, CROP), (1, 2))
        same = (found == np.moveaxis(drawn["real"], -1, 1)[:, None, None]).all(
            (3, 4, 5)
        )
        ((_, top, left),) = np.argwhere(same)
        part = np.s_[:, top : top + CROP + 2 * MARGIN, left : left + CROP + 2 * MARGIN]
        np.testing.assert_array_equal(drawn["previous_rec"], rec[part])
        np.testing.assert_array_equal(drawn["z_rec"], z_rec[part])
        drawn_at = np.any(drawn["z"] != 0, -1, keepdims=True)
        np.testing.assert_array_equal(
            drawn_at, inside[part] if padding == "zeros" else True
        )
        assert drawn["z"].shape == drawn["previous_rec"].shape


def test_crops_reach_every_border_but_not_too_often():
    trainer = new_trainer(2, crop_size=CROP)
    spare = np.subtract(trainer.size, CROP)
    origins = np.array([drawn["lower"][1] for drawn in draws(trainer)])
    assert (origins >= 0).all() and (origins <= spare).all()
    for axis in (0, 1):
        at_ends = [np.mean(origins[:, axis] == end) for end in (0, spare[axis])]
        assert all(0.08 < share < 0.4 for share in at_ends)
        # About as many pixels are seen on one side as on the other.
        assert abs(origins[:, axis].mean() - spare[axis] / 2) < 0.1 * spare[axis]


def test_the_generator_sees_a_crop_as_that_part_of_the_whole():
    whole, crops = (new_trainer(2, crop_size=side) for side in (None, CROP))
    generator = crops.pyramid.generators[2]
    for layer in generator.blocks:
        layer.norm.moving_mean.assign(layer.norm.moving_mean + 0.1)
    # The same noise and image everywhere, so that no draw needs to be matched.
    z = 0.1 * tf.ones((1, *whole.size, 3))
    previous = tf.random.stateless_uniform((1, *whole.size, 3), (1, 2), -1.0, 1.0)
    wanted = generator(z, previous).numpy()
    for origin in ([0, 0], [19, 27], [7, 0], [5, 11]):
        parts = (
            cut(x, tf.constant(origin), (CROP, CROP), MARGIN) for x in (z, previous)
        )
        top, left = origin
        np.testing.assert_allclose(
            crops.data.generate(*parts),
            wanted[:, top : top + CROP, left : left + CROP],
            atol=1e-6,
        )


def rec_noises(trainer, steps=range(3)):
    draw = tf.function(trainer.draw, autograph=False)
    return [draw(tf.constant(step, tf.int64))["z_rec"].numpy() for step in steps]


@pytest.mark.parametrize("crop_size", [None, CROP])
@pytest.mark.parametrize("padding", ["zeros", "noise"])
def test_noise_of_the_reconstruction_is_drawn_in_every_iteration(padding, crop_size):
    trainer = new_trainer(0, padding=padding, crop_size=crop_size)
    kept = trainer.pyramid.z_rec.numpy()
    one, other, third = rec_noises(trainer)
    assert not np.array_equal(one, other) and not np.array_equal(one, third)
    np.testing.assert_array_equal(one, rec_noises(trainer)[0])
    # As at every draw at scale 0, one channel stands for all.
    np.testing.assert_array_equal(one[..., :1], one[..., 1:2])
    drawn = trainer.draw(tf.constant(0, tf.int64))
    assert one.shape == drawn["z"].shape
    np.testing.assert_array_equal(one == 0, drawn["z"].numpy() == 0)
    assert np.corrcoef(one.ravel(), drawn["z"].numpy().ravel())[0, 1] < 0.9
    np.testing.assert_array_equal(trainer.pyramid.z_rec, kept)


def test_redrawn_noise_is_standard_normal():
    values = np.concatenate(rec_noises(new_trainer(0), range(40)))[..., 0]
    assert abs(values.mean()) < 0.03 and abs(values.std() - 1) < 0.03


def test_fixed_noise_is_the_one_that_is_kept():
    trainer = new_trainer(0, rec_noise="fixed")
    for z in rec_noises(trainer):
        np.testing.assert_array_equal(z, trainer.pyramid.rec_noise(0))


@pytest.mark.parametrize("crop_size", [None, CROP])
def test_above_scale_0_the_reconstruction_has_no_noise(crop_size):
    assert not np.any(rec_noises(new_trainer(1, crop_size=crop_size)))


def test_averages_are_taken_over_many_draws_of_redrawn_noise():
    trainer = new_trainer(0)
    recs = [z.numpy() for z, *_ in trainer._statistics_inputs(draws=3)][1::2]
    assert len({z.tobytes() for z in recs}) == 3


class Stop(ScaleCallback):
    """Stops amid the last scale."""

    def on_train_batch_end(self, batch, logs=None):
        if (self.model.name, self.model.iteration) == ("scale_1", 4):
            raise KeyboardInterrupt


def fit(folder=None, callbacks=(), **options):
    model = SinGAN(**TINY | EVERYTHING | options)
    image = photo(24, 30)
    return model.fit(image, checkpoint_dir=folder, callbacks=callbacks, verbose=0)


def test_with_everything_on_a_stopped_run_ends_where_a_straight_one_does(tmp_path):
    straight = fit()
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "run", [Stop()])
    resumed = fit(tmp_path / "run")
    assert_same_weights(resumed, straight)
    assert_same_weights(SinGAN.load(tmp_path / "run"), straight)
    lengths = [len(scale["adversarial_loss"]) for scale in straight.history_]
    assert lengths == [6, 5]


def test_crops_matter():
    kernels = [
        m.pyramid_.generators[1].tail.kernel for m in (fit(), fit(crop_size=None))
    ]
    assert not np.array_equal(*kernels)

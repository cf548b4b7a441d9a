"""`ScaleTrainer`: prepares and runs the training of one scale."""

import numpy as np
import tensorflow as tf

from keras_singan.errors import TrainingError
from keras_singan.geometry import scale_steps
from keras_singan.models.scale_gan import new_scale_gan
from keras_singan.ops import noise
from keras_singan.ops.fused_normalization import forgotten_gradients
from keras_singan.ops.resize import resize
from keras_singan.performance.gpu import iterations_at_once
from keras_singan.training.interrupts import held_interrupts
from keras_singan.training.moving_averages import estimate_averages
from keras_singan.training.scale_data import new_scale_data


class ScaleTrainer:
    """Trains one scale of a pyramid, the scales below being frozen.

    Args:
        pyramid: The pyramid, its scales below `scale` trained.
        scale: int, index of the scale.
        config: The hyper-parameters.
        below: The `ScaleTrainer` of the scale below: where the filters match,
            training starts from its weights. `None` at scale 0.
    """

    def __init__(self, pyramid, scale, config, below=None):
        self.pyramid = pyramid
        self.scale = scale
        self.config = config
        self.steps = config.steps
        if below is not None:
            self.steps = scale_steps(pyramid.filters, config)[scale]
        self.size = pyramid.sizes[scale]
        self.real = pyramid.real_level(scale)
        self._set_noise_amp()
        self.data = new_scale_data(
            pyramid, scale, config, self.real, self.previous_rec, self.entering
        )
        self.scale_gan = self._new_scale_gan()
        if below is not None:
            self._warm_start(below.scale_gan)

    def train(self, store=None, callbacks=()):
        """Trains what is left of this scale, as `store` remembers it."""
        finished = store is not None and store.load_scale(self)
        if finished:
            return
        self._tell(callbacks, "on_scale_begin")
        with forgotten_gradients():
            self._fit(store, callbacks)
            estimate_averages(
                self.scale_gan.generator, self._statistics_inputs(), self.data.generate
            )
        if store is not None:
            store.save_scale(self)
        self._tell(callbacks, "on_scale_end")

    def _tell(self, callbacks, event):
        for callback in callbacks:
            # Plain Keras callbacks know nothing of scales.
            getattr(callback, event, lambda _: None)(self)

    def _fit(self, store, callbacks):
        steps = self.steps - self.scale_gan.iteration
        if steps <= 0:
            return
        self.scale_gan.steps_per_execution = iterations_at_once(steps)
        own = [] if store is None else [store.checkpoint(self)]
        try:
            with held_interrupts() as interrupt:
                self.scale_gan.fit(
                    self.dataset(self.scale_gan.iteration),
                    epochs=1,
                    steps_per_epoch=steps,
                    shuffle=False,
                    callbacks=[*callbacks, *own, interrupt],
                    verbose=0,
                )
        except KeyboardInterrupt:
            if store is not None:
                store.save_progress(self)
            raise
        self._check_finite()

    def _check_finite(self):
        weights = self.scale_gan.generator.get_weights()
        if not all(np.isfinite(weight).all() for weight in weights):
            raise TrainingError(
                f"The training must stay finite, but diverged at scale {self.scale}: "
                "begin a new run with a smaller learning rate. "
                f"Received: learning_rate={self.config.learning_rate}."
            )

    def _set_noise_amp(self):
        """`noise_amp * RMSE(real, upsampled reconstruction)` (paper, section 3.2)."""
        below = self.pyramid.reconstruct(self.scale)
        if below is None:
            self.previous_rec = tf.zeros_like(self.real)
            return
        upsampled = resize(below, self.size)
        self.previous_rec = self.entering(upsampled)
        # Of the picture: a mask's sharp edges would call for far more noise.
        missing = self.pyramid.parts(self.real - upsampled)[""]
        rmse = tf.sqrt(tf.reduce_mean(tf.square(missing)))
        amps = self.pyramid.noise_amps.numpy()
        amps[self.scale] = self.config.noise_amp * rmse.numpy()
        self.pyramid.noise_amps.assign(amps)

    def _new_scale_gan(self):
        return new_scale_gan(
            self.pyramid.generators[self.scale],
            self.config,
            self.steps,
            seed=self.config.seed + 1000 * (2 * self.scale + 2),
            draw_previous=self.draw_previous if self.scale else None,
            name=f"scale_{self.scale}",
        )

    def _warm_start(self, below):
        if below.generator.filters != self.scale_gan.generator.filters:
            return
        for name in ("generator", "discriminator"):
            source, target = getattr(below, name), getattr(self.scale_gan, name)
            target.set_weights(source.get_weights())

    def draw_previous(self, lower):
        """Images from the frozen scales below, as they enter this scale."""
        return self.data.previous(lower)

    def entering(self, upsampled):
        """Returns what the generator gets of an upsampled image from below: all of it.

        A subclass may change the colour of each pixel, for random images and the
        reconstruction alike.
        """
        return upsampled

    def dataset(self, start=0):
        """The data of the iterations from `start` on: see `ScaleGAN.train_step`."""
        return tf.data.Dataset.range(start, self.steps).map(self.draw).prefetch(2)

    def draw(self, step):
        """Draws the data of one iteration, from its number alone."""
        draws = self.config.discriminator_steps
        key = noise.noise_key(self.config.seed, noise.TRAINING, self.scale, step)
        u = {"u": tf.random.stateless_uniform((draws,), key)}
        return self.data.draw(key, draws) | u

    def pictures(self):
        """Returns the real level, a sample and the reconstruction of this scale.

        Returns:
            Dictionary of float32 arrays `(1, height, width, channels)`, values
            around [-1, 1], named `real`, `sample` and `reconstruction`; those of
            masks have the endings that `SinGANPyramid.parts` names.
        """
        stop = self.scale + 1
        sizes = self.pyramid.sizes[:stop]
        zs = self.pyramid.draw_noise(self.config.seed, tf.range(1), sizes=sizes)
        whole = {
            "real": self.real,
            "sample": self.pyramid.generate_function(zs, stop_scale=stop),
            "reconstruction": self.pyramid.reconstruct(stop),
        }
        return {
            name + ending: part
            for name, image in whole.items()
            for ending, part in self.pyramid.parts(image.numpy()).items()
        }

    def _statistics_inputs(self, draws=16, weight=3.0):
        """Generator inputs: after each random one the reconstruction, of 3 times its
        weight.

        Averages over random inputs alone give more varied samples but a poor
        reconstruction; over the reconstruction alone, the reverse. The published
        code's exponential averages hold about 2/3 of the latter, too.
        """
        draw = tf.function(self._draw_for_statistics, autograph=False)
        for i in range(draws):
            drawn, rec = draw(tf.constant(i))
            yield *drawn, 1.0
            yield *rec, weight

    def _draw_for_statistics(self, i):
        key = noise.noise_key(self.config.seed, noise.STATISTICS, self.scale, i)
        drawn = self.data.draw(key, 1)
        rec = drawn["z_rec"], drawn["previous_rec"]
        previous = tf.zeros_like(rec[1])
        if self.scale:
            previous = self.draw_previous(drawn["lower"])
        return (drawn["z"], previous), rec

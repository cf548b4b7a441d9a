"""`ScaleGAN`: one scale, trained as a Wasserstein GAN with gradient penalty."""

import keras
import tensorflow as tf

from keras_singan.models import losses
from keras_singan.models.blocks import PACKAGE
from keras_singan.models.networks import Discriminator
from keras_singan.models.optimizer import new_optimizer


@keras.saving.register_keras_serializable(package=PACKAGE)
class ScaleGAN(keras.Model):
    """Generator and discriminator of one scale, with the training step.

    One call of `train_step` is one training iteration: `discriminator_steps`
    updates of the discriminator, then `generator_steps` of the generator. All
    random numbers come in with the data, so the step is a pure function and a
    resumed training repeats it bit by bit.

    Args:
        generator: A `Generator`.
        discriminator: A `Discriminator`.
        discriminator_steps: Discriminator updates an iteration. Defaults to `3`.
        generator_steps: Generator updates an iteration. Defaults to `3`.
        reconstruction_weight: Weight of the reconstruction loss. Defaults to `10`.
        gradient_penalty_weight: Weight of the penalty. Defaults to `0.1`.
    """

    def __init__(
        self,
        generator,
        discriminator,
        discriminator_steps=3,
        generator_steps=3,
        reconstruction_weight=10.0,
        gradient_penalty_weight=0.1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.autocast = False
        self.generator = generator
        self.discriminator = discriminator
        self.discriminator_steps = discriminator_steps
        self.generator_steps = generator_steps
        self.reconstruction_weight = reconstruction_weight
        self.gradient_penalty_weight = gradient_penalty_weight
        self.built = True

    def compile(
        self,
        discriminator_optimizer,
        generator_optimizer,
        draw_previous=None,
        jit_compile="auto",
    ):
        """Prepares training.

        Args:
            discriminator_optimizer: A Keras optimizer.
            generator_optimizer: Another one.
            draw_previous: Callable that takes `data["lower"]` and returns the
                images from the frozen scales below, a float32 tensor of shape
                `(discriminator_steps, height, width, channels)`. `None`
                stands for the coarsest scale. Below it lie zeros, which are
                mid-grey. It is not saved. Defaults to `None`.
            jit_compile: `"auto"`, `True` or `False`. Defaults to `"auto"`.
        """
        # `optimizer=None`: Keras would build and save a third one otherwise.
        super().compile(optimizer=None, jit_compile=jit_compile)
        # As given: "auto" means another thing on the machine that loads it.
        self._given_jit_compile = jit_compile
        self.discriminator_optimizer = discriminator_optimizer
        self.generator_optimizer = generator_optimizer
        self._draw_previous = draw_previous
        # Built here so that a checkpoint finds their variables.
        discriminator_optimizer.build(self.discriminator.trainable_variables)
        generator_optimizer.build(self.generator.trainable_variables)

    @property
    def iteration(self):
        """Training iterations done so far, as an int."""
        updates = int(self.generator_optimizer.iterations.numpy())
        return updates // self.generator_steps

    def train_step(self, data):
        """Does one training iteration.

        Args:
            data: Dictionary of float32 tensors: `real`, `previous_rec` of
                shape `(1, height, width, channels)`; `z`, `z_rec`, noise times
                its amplitude, of the generator's noise shape; `lower`, what
                `draw_previous` takes; `u` of shape `(discriminator_steps,)`,
                values in [0, 1]. Where `real` is a crop, the others have the
                generator's margin around it, as `Generator.interior` takes them.

        Returns:
            Dictionary of the last update's losses: `discriminator_loss`,
            `gradient_penalty`, `adversarial_loss` and `reconstruction_loss`, none
            of them weighted.
        """
        *earlier, previous = self._previous(data)
        logs = {}
        for step, below in enumerate(earlier):
            fake = self._generate(data, "z", below)
            logs |= self._update_discriminator(data["real"], fake, data["u"][step])
        for step in range(self.generator_steps):
            with tf.GradientTape() as tape:
                fake = self._generate(data, "z", previous)
                if step == 0:
                    # The generator rests meanwhile: one fake serves both networks.
                    with tape.stop_recording():
                        logs |= self._update_discriminator(
                            data["real"], fake, data["u"][-1]
                        )
                loss, values = self._generator_loss(data, fake)
            self._apply(tape, loss, self.generator, self.generator_optimizer)
            logs |= values
        return logs

    def _previous(self, data):
        """The images from below, one for each discriminator update."""
        if self._draw_previous is None:
            return [tf.zeros_like(data["previous_rec"])] * self.discriminator_steps
        drawn = tf.stop_gradient(self._draw_previous(data["lower"]))
        return tf.split(drawn, self.discriminator_steps)

    def _generate(self, data, noise, previous):
        whole = previous.shape == data["real"].shape
        generate = self.generator if whole else self.generator.interior
        return generate(data[noise], previous, training=True)

    def _update_discriminator(self, real, fake, u):
        with tf.GradientTape() as tape:
            # Real, fake and what lies between: each has its own statistics.
            real_scores = self.discriminator(real, training=True)
            fake_scores = self.discriminator(fake, training=True)
            critic = losses.critic_loss(real_scores, fake_scores)
            penalty = self.gradient_penalty(real, fake, u)
            loss = critic + self.gradient_penalty_weight * penalty
        self._apply(tape, loss, self.discriminator, self.discriminator_optimizer)
        return {"discriminator_loss": critic, "gradient_penalty": penalty}

    def gradient_penalty(self, real, fake, u):
        """Gradient penalty of the discriminator between `real` and `fake`.

        Args:
            real: float32 tensor of shape `(1, height, width, channels)`.
            fake: float32 tensor of the same shape.
            u: float32 scalar in [0, 1], where between them.

        Returns:
            float32 scalar, not weighted.
        """
        middle = losses.interpolate(real, fake, u)
        with tf.GradientTape() as tape:
            tape.watch(middle)
            total = tf.reduce_sum(self.discriminator(middle, training=True))
        return losses.gradient_penalty(tape.gradient(total, middle))

    def _generator_loss(self, data, fake):
        scores = self.discriminator(fake, training=True)
        adversarial = losses.adversarial_loss(scores)
        rec = self._generate(data, "z_rec", data["previous_rec"])
        reconstruction = losses.reconstruction_loss(rec, data["real"])
        loss = adversarial + self.reconstruction_weight * reconstruction
        return loss, {
            "adversarial_loss": adversarial,
            "reconstruction_loss": reconstruction,
        }

    def _apply(self, tape, loss, network, optimizer):
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    def call(self, z, previous, training=False):
        """Returns the generator's image: see `Generator`."""
        return self.generator(z, previous, training=training)

    def get_config(self):
        config = {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "discriminator_steps": self.discriminator_steps,
            "generator_steps": self.generator_steps,
            "reconstruction_weight": self.reconstruction_weight,
            "gradient_penalty_weight": self.gradient_penalty_weight,
        }
        return super().get_config() | config

    @classmethod
    def from_config(cls, config):
        """Builds the model from `get_config()`'s answer."""
        config = dict(config)
        for name in ("generator", "discriminator"):
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)

    def get_compile_config(self):
        """Returns both optimizers' configs; `draw_previous` is not saved."""
        serialize = keras.saving.serialize_keras_object
        return {
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
            "generator_optimizer": serialize(self.generator_optimizer),
            "jit_compile": self._given_jit_compile,
        }

    def compile_from_config(self, config):
        """Compiles with `get_compile_config()`'s answer."""
        self.compile(**keras.saving.deserialize_keras_object(config))


def new_scale_gan(generator, config, steps=None, seed=0, draw_previous=None, name=None):
    """Makes the compiled `ScaleGAN` of a generator, with a new discriminator.

    Args:
        generator: The `Generator`.
        config: The hyper-parameters, with a definite `dtype_policy`.
        steps: int, iterations of the training. Defaults to `config.steps`.
        seed: int, seed of the discriminator's weights. Defaults to `0`.
        draw_previous: See `ScaleGAN.compile`. Defaults to `None`.
        name: Name of the model. Defaults to `None`.
    """
    discriminator = Discriminator(
        channels=generator.channels,
        filters=generator.filters,
        num_layers=config.num_layers,
        normalization=config.normalization,
        seed=seed % 2**31,
        dtype=config.dtype_policy,
    )
    scale_gan = ScaleGAN(
        generator,
        discriminator,
        discriminator_steps=config.discriminator_steps,
        generator_steps=config.generator_steps,
        reconstruction_weight=config.reconstruction_weight,
        gradient_penalty_weight=config.gradient_penalty_weight,
        name=name,
    )
    scale_gan.compile(
        new_optimizer(config, config.discriminator_steps, steps),
        new_optimizer(config, config.generator_steps, steps),
        draw_previous=draw_previous,
        jit_compile=config.jit_compile,
    )
    return scale_gan

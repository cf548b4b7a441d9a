"""`FusedAdam`: Keras' Adam, with one kernel for each variable; and its schedule."""

import keras
import tensorflow as tf

from keras_singan.config import SinGANConfig
from keras_singan.models.blocks import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class FusedAdam(keras.optimizers.Adam):
    """Adam whose update of a variable is one operation instead of a dozen.

    On small images, dispatching those takes longer than their arithmetic. The
    formula is that of `keras.optimizers.Adam`; AMSGrad is not supported.
    """

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        """Updates the variables: on one device, without `tf.distribute`.

        TensorFlow would sum the gradients over devices through a custom gradient,
        which it keeps without end, and with it the graph of each training.
        """
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            own = isinstance(variable, keras.Variable)
            variable = variable.value if own else variable
            self.update_step(gradient, variable, learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable."""
        index, dtype = self._get_variable_index(variable), gradient.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=gradient,
        )


def new_optimizer(config: SinGANConfig, updates, steps=None):
    """Makes an Adam whose learning rate falls once, at the milestone.

    Args:
        config: The hyper-parameters.
        updates: int, updates an iteration, which the optimizer counts.
        steps: int, iterations of the training. Defaults to `config.steps`.
    """
    steps = config.steps if steps is None else steps
    milestone = round(config.learning_rate_milestone * steps)
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
        # `iterations <= boundary` keeps the first rate, and they count from 0.
        [milestone * updates - 1],
        [config.learning_rate, config.learning_rate * config.learning_rate_decay],
    )
    return FusedAdam(schedule, config.beta_1, config.beta_2, epsilon=1e-8)

"""A training of stand-ins: callbacks hear of one, and nothing is computed."""

from types import SimpleNamespace

from keras_singan.config import SinGANConfig
from keras_singan.geometry import Scale

CONFIG = SinGANConfig(steps=10, min_size=8, filters=4, num_layers=2)
SIZES = [(8, 10), (16, 20), (32, 40)]
FILTERS = [4, 8, 8]
SCALES = tuple(
    Scale(k, *pair) for k, pair in enumerate(zip(SIZES, FILTERS, strict=True))
)
PYRAMID = SimpleNamespace(
    sizes=SIZES, filters=FILTERS, channels=3, num_scales=3, scales=SCALES
)
# Seconds of an iteration of each scale.
SECONDS = (0.1, 0.5, 2.0)
LOGS = {
    "discriminator_loss": -0.5,
    "adversarial_loss": 0.25,
    "reconstruction_loss": 0.125,
    "gradient_penalty": 1.0,
}


class PlayedTime:
    """Stands in for the time module: a test sets `now`."""

    def __init__(self, now=1000.0):
        self.now = now

    def monotonic(self):
        """Seconds since some moment."""
        return self.now

    time = monotonic


def trainer(scale, iteration=0):
    """Gives what callbacks read of a `ScaleTrainer`."""
    return SimpleNamespace(
        scale=scale,
        size=SIZES[scale],
        pyramid=PYRAMID,
        scale_gan=SimpleNamespace(iteration=iteration),
    )


def train(callbacks, scales=range(3), time=None, first=0, pause=0.0):
    """Tells callbacks of a training; yields after each event.

    Args:
        callbacks: The callbacks.
        scales: Which scales are trained. Defaults to all three.
        time: A `PlayedTime` that goes on by `SECONDS`. Defaults to `None`.
        first: Iterations of the first scale that are done. Defaults to `0`.
        pause: Seconds between two scales. Defaults to `0`.
    """
    for scale in scales:
        at = trainer(scale, first if scale == scales[0] else 0)
        for callback in callbacks:
            callback.on_scale_begin(at)
        yield
        for batch in range(at.scale_gan.iteration, CONFIG.steps):
            if time is not None:
                time.now += SECONDS[scale]
            for callback in callbacks:
                callback.on_train_batch_end(batch, LOGS)
            yield
        for callback in callbacks:
            callback.on_train_end()
        yield
        for callback in callbacks:
            callback.on_scale_end(at)
        yield
        if time is not None:
            time.now += pause

"""TensorFlow without its start-up talk."""

import contextlib
import os
import sys


def import_quietly():
    """Imports TensorFlow and Keras, dropping what their C++ side prints.

    Some lines (oneDNN, "Could not find cuda drivers") ignore every log level;
    they go to file descriptor 2 directly, so it is pointed elsewhere meanwhile.
    Errors are Python exceptions and still come through.
    """
    from keras_singan.backend import require_tensorflow

    with _muted(2):
        require_tensorflow()
        import tensorflow as tf

        # The device search prints once more, at the first use.
        tf.config.list_physical_devices()


@contextlib.contextmanager
def _muted(descriptor):
    sys.stderr.flush()
    kept = os.dup(descriptor)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)

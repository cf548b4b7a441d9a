"""Keras must run on TensorFlow: said once, before anything else can fail."""

import os

from keras_singan.errors import BackendError


def require_tensorflow():
    """Makes sure that Keras uses TensorFlow.

    Raises:
        BackendError: If another backend is asked for, in the environment or in
            Keras' own config file. The message holds the line that mends it.
    """
    wanted = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if wanted != "tensorflow":
        raise BackendError(_text(f"KERAS_BACKEND={wanted}"))
    try:
        import keras
    except ImportError as error:
        raise BackendError(_text(f"{type(error).__name__}: {error}")) from None
    if keras.backend.backend() != "tensorflow":
        raise BackendError(_text(f"keras.backend.backend()={keras.backend.backend()}"))


def _text(received):
    return (
        "keras_singan needs the TensorFlow backend of Keras: "
        f"`export KERAS_BACKEND=tensorflow`. Received: {received}."
    )

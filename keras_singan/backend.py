"""Keras must run on TensorFlow: said once, before anything else can fail."""

import os
import warnings

from keras_singan.errors import BackendError


def require_tensorflow():
    """Makes sure that Keras uses TensorFlow, and float32 where nothing else is said.

    Some operations of Keras give numbers in the type of its config file, whatever
    they are given. Another type than float32 is replaced for this process, with a
    warning.

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
    if keras.config.floatx() != "float32":
        warnings.warn(
            "keras_singan computes in float32, and has set Keras to it for this "
            f"process. Received: floatx={keras.config.floatx()!r}.",
            stacklevel=2,
        )
        keras.config.set_floatx("float32")


def _text(received):
    return (
        "keras_singan needs the TensorFlow backend of Keras: "
        f"`export KERAS_BACKEND=tensorflow`. Received: {received}."
    )

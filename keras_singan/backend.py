"""Keras must run on TensorFlow: said once, before anything else can fail."""

import os
import warnings

from keras_singan.errors import BackendError


def require_tensorflow():
    """Makes sure that Keras uses TensorFlow, and float32 where nothing else is said.

    TensorFlow takes a GPU's memory as it needs it, not all at once, unless the
    environment says otherwise (`TF_FORCE_GPU_ALLOW_GROWTH=false`).

    Some operations of Keras give numbers in the type of its config file, whatever
    they are given. Another type than float32 is replaced for this process, with a
    warning; so are `KERAS_MAX_EPOCHS` and `KERAS_MAX_STEPS_PER_EPOCH`, by which a
    training would count as finished after its first iterations.

    Raises:
        BackendError: If another backend is asked for, in the environment or in
            Keras' own config file, or that file is one that Keras cannot read. The
            message holds what mends it.
    """
    wanted = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if wanted != "tensorflow":
        raise BackendError(_text(f"KERAS_BACKEND={wanted}"))
    try:
        import keras
    except ImportError as error:
        raise BackendError(_text(f"{type(error).__name__}: {error}")) from None
    except (AttributeError, TypeError, ValueError) as error:
        raise BackendError(_settings_text(error)) from None
    if keras.backend.backend() != "tensorflow":
        raise BackendError(_text(f"keras.backend.backend()={keras.backend.backend()}"))
    # TensorFlow reads it when it first uses a GPU, of which others want a part.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    if keras.config.floatx() != "float32":
        warnings.warn(
            "keras_singan computes in float32, and has set Keras to it for this "
            f"process. Received: floatx={keras.config.floatx()!r}.",
            stacklevel=2,
        )
        keras.config.set_floatx("float32")
    _lift_limits(keras.config)


def _lift_limits(config):
    """Lets trainings run to their end."""
    limits = {"max_epochs": config.max_epochs()}
    limits["max_steps_per_epoch"] = config.max_steps_per_epoch()
    found = [f"{name}={value}" for name, value in limits.items() if value is not None]
    if found:
        warnings.warn(
            "keras_singan trains every iteration, and has lifted Keras' limits for "
            f"this process. Received: {', '.join(found)}.",
            stacklevel=3,
        )
        config.set_max_epochs(None)
        config.set_max_steps_per_epoch(None)


def _settings_text(error):
    folder = os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")
    text = " ".join(str(error).split())[:200]
    return (
        "Keras must be able to read its own settings: mend or delete "
        f"{os.path.join(folder, 'keras.json')}, or the variables KERAS_*. "
        f"Received: {text!r}."
    )


def _text(received):
    return (
        "keras_singan needs the TensorFlow backend of Keras: "
        f"`export KERAS_BACKEND=tensorflow`. Received: {received}."
    )


_user = None


def refuse_fork():
    """Makes sure that this process is no fork of one that used TensorFlow.

    The first call notes the process.

    Raises:
        BackendError: If it is: TensorFlow's threads do not live on in a fork, so
            that it would wait for them without end.
    """
    global _user
    _user = _user or os.getpid()
    if _user != os.getpid():
        raise BackendError(
            "A process that was forked cannot use TensorFlow after its parent did: "
            "start it with `multiprocessing.get_context('spawn')`. "
            f"Received: process {os.getpid()}, a fork of {_user}."
        )

"""The exceptions that users can catch.

Every message is one line, says what was expected, and ends with what was
received. The command line prints it without a traceback.
"""

import re
import shlex


class SinGANError(Exception):
    """Base of every error that keras_singan raises on purpose."""


class BackendError(SinGANError, ImportError):
    """Keras runs on another backend than TensorFlow."""


class ConfigError(SinGANError, ValueError):
    """A hyper-parameter is unknown, of the wrong type or out of range."""


class ImageError(SinGANError, ValueError):
    """An image cannot be read, or cannot be used as it is."""


# What an `ImageError` on values adds, for whom such an argument can be given.
NEEDS_RANGE = ", or need a `value_range`"


class TaskError(SinGANError, ValueError):
    """An argument of a task (`start_scale`, `size`, ...) is out of range."""


class NotFittedError(SinGANError):
    """A task was asked of a `SinGAN` that has not been fitted or loaded."""


class ModelFileError(SinGANError):
    """A model file is missing, damaged, of another kind or from the future."""


class RunFolderError(SinGANError):
    """A run folder holds another run, or cannot be used."""


class TrainingError(SinGANError, ArithmeticError):
    """The training diverged."""


class FleetError(SinGANError):
    """A fleet cannot run: no photos, no cluster, or a place that is not its own."""


class HubError(SinGANError):
    """A hub of models cannot be reached, or refuses."""


class OutputError(SinGANError, OSError):
    """A result could not be written."""


class ServingError(SinGANError):
    """A served model cannot be reached, or its server refuses or fails.

    Args:
        message: What was expected, and what was received.
        status: The status code of HTTP, or `None`. Defaults to `None`.
    """

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status


def needs_extra(subject, extra):
    """Says that something needs an extra of this package, and what installs it.

    The packages are named one by one, as this package's metadata has them: it may
    stand in a checkout, and pip would find no package of its name elsewhere.

    Args:
        subject: What needs it, the beginning of the sentence.
        extra: Name of the extra.

    Returns:
        A sentence of one line.
    """
    from importlib import metadata

    try:
        lines = metadata.requires("keras-singan") or []
    except metadata.PackageNotFoundError:
        lines = []
    needed = [
        re.fullmatch(rf"(.+?)\s*;\s*extra == ['\"]{extra}['\"]", x) for x in lines
    ]
    words = [match[1] for match in needed if match]
    # Sources that were never installed, or changed since.
    where = "" if words else " in the folder of its pyproject.toml"
    command = shlex.join(["pip", "install", *(words or [f".[{extra}]"])])
    return f"{subject} needs the extra `{extra}`: {command}{where}."


def tensorflow_reason(error):
    """Returns what TensorFlow says, in one line, without names of its operations.

    Args:
        error: A `tf.errors.OpError`.
    """
    text = re.sub(r"\{\{[^{}]*\}\}|\[Op:\w*\]( name:\s*)?", "", error.message)
    return " ".join(text.split())


def sentence(error):
    """Returns what happened in one line, of any exception.

    Args:
        error: The exception.
    """
    text = " ".join(str(error).split())[:1000]
    if isinstance(error, SinGANError) or type(error) is ImportError:
        return text
    if isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__:
        return (
            "The memory of this machine does not suffice: try a smaller --max-size "
            "(train), --size (sample, animate), -n (sample --grid) or image."
        )
    if isinstance(error, OSError) and error.strerror:
        where = f"path={error.filename!r}" if error.filename else "standard output"
        return (
            "The system must let files be read and written, but it answered "
            f"{error.strerror!r}. Received: {where}."
        )
    return f"Unexpected {type(error).__name__}: {text}"


class ImageWarning(UserWarning):
    """An image is used, but something of it is not.

    Args:
        sentence: What is so.
        keyword: Argument of `SinGAN.fit` that changes it, or `None`. Defaults to
            `None`.
        value: A value of that argument. Defaults to `None`.
        effect: What that value does, after the subject. Defaults to `None`.

    Attributes:
        sentence: As given.
        keyword: As given.
        value: As given.
        effect: As given.
    """

    def __init__(self, sentence, keyword=None, value=None, effect=None):
        advice = f' {keyword}="{value}" {effect}.' if keyword else ""
        super().__init__(sentence + advice)
        self.sentence, self.keyword = sentence, keyword
        self.value, self.effect = value, effect

    def bare(self):
        """Returns it with the sentence alone, for what has no such keyword."""
        copy = type(self)(self.sentence)
        copy.keyword, copy.value, copy.effect = self.keyword, self.value, self.effect
        return copy

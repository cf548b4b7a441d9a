"""What the tests of the export share: tiny exported models, and requests to them."""

import atexit
import functools
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.python.util import deprecation

from keras_singan import SinGAN
from keras_singan.export import ExportLimits
from keras_singan.export.saved_model import export_saved_model
from keras_singan.io.image import encode_png
from keras_singan.server.servables.loaded_model import session_config
from support.photos import photo
from support.tiny_models import TINY
from support.tiny_models import random_pyramid
from support.tiny_models import retrained
from support.tiny_models import trained

TINY_LIMITS = ExportLimits(
    max_rows=3,
    max_side=64,
    max_pixels=2500,
    max_total_pixels=4000,
    max_image_bytes=8000,
    max_frames=5,
    max_factor=3,
)


class Session:
    """A SavedModel in a V1 session, run without the checks that Python adds.

    Args:
        path: The version's folder.
    """

    def __init__(self, path):
        graph = tf.Graph()
        with graph.as_default(), deprecation.silence():
            self._session = tf.compat.v1.Session(graph=graph, config=session_config())
            meta = tf.compat.v1.saved_model.load(self._session, ["serve"], str(path))
        self.signatures = {
            name: signature
            for name, signature in meta.signature_def.items()
            if name != "__saved_model_init_op"
        }
        self._nodes = {
            name: graph.get_tensor_by_name(name)._as_tf_output()
            for signature in self.signatures.values()
            for name in (x.name for x in _infos(signature))
        }
        self._session._extend_graph()

    def __call__(self, signature, **inputs):
        """Runs a signature; one number, or one bytes, is one row of it.

        Returns:
            Array of its only output.
        """
        feeds, fetches = self.tensors(signature, **inputs)
        # `Session.run` would check shapes itself.
        (result,) = self._session._call_tf_sessionrun(
            None,
            {self._nodes[name]: value for name, value in feeds.items()},
            [self._nodes[name] for name in fetches],
            [],
            None,
        )
        return result

    def valid(self, signature, **changes):
        """Returns inputs that are fine, but for the changes."""
        return {name: _valid()[name] for name in self.signatures[signature].inputs} | (
            changes
        )

    def tensors(self, signature, **inputs):
        """Returns `(feeds, fetches)` by tensor names, for other ways to run it."""
        there = self.signatures[signature]
        feeds = {
            info.name: as_input(inputs[name], info.dtype)
            for name, info in there.inputs.items()
        }
        return feeds, [info.name for info in there.outputs.values()]


def _infos(signature):
    return [*signature.inputs.values(), *signature.outputs.values()]


def as_input(value, dtype):
    """Makes an input; arrays stay as they are."""
    if isinstance(value, np.ndarray):
        return value
    values = value if isinstance(value, list) else [value]
    return np.array(values, tf.as_dtype(dtype).as_numpy_dtype)


def decoded(data):
    """Decodes PNG bytes to a uint8 array `(height, width, channels)`."""
    return tf.io.decode_png(data).numpy()


def rounded(image):
    """Turns a float image into bytes as the package does."""
    return np.rint((np.clip(image, -1, 1) + 1) * np.float32(127.5)).astype("uint8")


def floats(image):
    """Turns a uint8 image into one row of a float form."""
    return (image / np.float32(127.5) - 1)[None].astype("float32")


def export_to_temporary(singan, **options):
    """Exports into a folder that goes when the tests end; returns the version's."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return export_saved_model(singan, folder, **options)


@functools.cache
def exported():
    """Returns a trained `SinGAN` of 3 scales, and where it is exported to.

    Beside it stands a scale 1 that was retrained on 4 colours.
    """
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = trained()[0].save(folder / "tiny.keras")
    retrained().save(folder / "tiny_quantized_scale1_colors4.keras")
    model = SinGAN.load(path)
    return model, export_to_temporary(model)


@functools.cache
def session():
    """Returns the session of `exported()`."""
    return Session(exported()[1])


def untrained(size=(24, 30), channels=3, **overrides):
    """Returns a `SinGAN` with random weights."""
    model = SinGAN(**TINY | overrides)
    model.pyramid_ = random_pyramid(size, channels, **overrides)
    return model


@functools.cache
def limited():
    """Returns the session of a model of 2 scales, with `TINY_LIMITS`."""
    return Session(export_to_temporary(untrained(), limits=TINY_LIMITS, warmup=False))


@functools.cache
def _valid():
    image = photo(24, 30, seed=3)
    mask = np.zeros((24, 30, 1), "uint8")
    mask[8:14, 8:20] = 255
    return {
        "seed": 5, "index": 0, "start_scale": -1, "height": 0, "width": 0,
        "factor": 2.0, "quantize": 0, "frames": 2, "alpha": -1.0, "beta": -1.0,
        "loop": 0, "tile": 3, "refine": -1, "variation": 0.5,
        "around_seed": 0, "around_index": -1,
        "left": 3.0, "right": 0.0, "top": -0.1, "bottom": 0.0,
        "image_bytes": encode_png(image), "mask_bytes": encode_png(mask),
        "images": floats(image), "masks": mask[None, ..., 0] / np.float32(255),
    }  # fmt: skip


def assert_near(data, expected):
    """Asserts that PNG bytes hold the pixels, to 1 of 255."""
    difference = np.abs(decoded(data).astype(int) - expected)
    assert difference.max() <= 1
    assert difference.mean() < 0.05


def enlarged(*args, **kwargs):
    with warnings.catch_warnings():
        # The model was not trained for it.
        warnings.simplefilter("ignore", UserWarning)
        return exported()[0].super_resolve(*args, **kwargs)

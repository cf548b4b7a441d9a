"""The cost of a request, known from its inputs before any work begins.

The unit is a pixel of the images that a signature makes. How many seconds a pixel
takes is learned from the requests that have been answered: the least is taken, so
that an estimate is a lower bound.
"""

import math
import threading

import numpy as np

from keras_singan.task_specs import FACTOR
from keras_singan.task_specs import FRAMES

# A request of so many seconds is heavy; while the seconds are not known, one of so
# many pixels (512 x 512).
_HEAVY_SECONDS = 1.0
_HEAVY_PIXELS = 1 << 18
# Below it the time of a request says nothing about a pixel's.
_TELLING_PIXELS = 1 << 14
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
# The frames of a JPEG file that hold its size.
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
# Its size comes soon in any real file.
_JPEG_SEGMENTS = 1000


def output_pixels(inputs, native):
    """Returns how many pixels a request asks for, by the names of its inputs.

    Inputs that are not those of this package's signatures count as nothing.

    Args:
        inputs: Dictionary of arrays by alias.
        native: Pixels of the model's own photo.
    """
    try:
        return _pixels(inputs, native)
    except (TypeError, ValueError):
        # What is no number is refused by the graph, with a better sentence.
        return 0


def _pixels(inputs, native):
    if "images" in inputs or "image_bytes" in inputs:
        factor = _numbers(inputs.get("factor", 1.0))
        factor = np.where(factor == 0, FACTOR.default, factor)
        return _finite(np.sum(_image_pixels(inputs) * factor * factor))
    if "height" in inputs and "width" in inputs:
        sides = _numbers(inputs["height"]) * _numbers(inputs["width"])
        return _finite(np.sum(np.where(sides == 0, native, sides)))
    if "frames" in inputs:
        frames = _numbers(inputs["frames"])
        frames = np.where(frames == FRAMES.sentinel, FRAMES.served_default, frames)
        return _finite(np.sum(frames) * native)
    rows = inputs.get("index")
    return 0 if rows is None else np.size(rows) * native


def _numbers(value):
    return np.asarray(value, np.float64)


def _finite(number):
    return max(0, int(number)) if math.isfinite(number) else 0


def _image_pixels(inputs):
    if "images" in inputs:
        shape = np.shape(inputs["images"])
        return np.full(shape[:1], math.prod(shape[1:3]), np.float64)
    files = np.asarray(inputs["image_bytes"], object).reshape(-1)
    return np.array([file_pixels(data) for data in files], np.float64)


def file_pixels(data):
    """Returns the pixels of an encoded image by its header; 0 if it has none.

    Args:
        data: Bytes of a PNG or JPEG file.
    """
    if not isinstance(data, bytes):
        return 0
    if data.startswith(_PNG):
        width, height = data[16:20], data[20:24]
    elif data.startswith(_JPEG):
        height, width = _jpeg_size(data)
    else:
        return 0
    return int.from_bytes(width, "big") * int.from_bytes(height, "big")


def _jpeg_size(data):
    at = 2
    for _ in range(_JPEG_SEGMENTS):
        if at + 9 > len(data) or data[at] != 0xFF:
            break
        if data[at + 1] in _JPEG_SIZES:
            return data[at + 5 : at + 7], data[at + 7 : at + 9]
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return b"", b""


class Costs:
    """The costs of one model's requests.

    Attributes:
        native: Pixels of the model's own photo; 0 until an answer has shown them.
    """

    def __init__(self):
        self.native = 0
        self._lock = threading.Lock()
        self._rates, self._compiled = {}, set()

    def estimate(self, signature_name, inputs):
        """Returns (whether a request is heavy, the seconds that it takes at least).

        Seconds are 0 while they are not known.

        Args:
            signature_name: Resolved.
            inputs: Dictionary of arrays by alias.
        """
        pixels = output_pixels(inputs, self.native)
        rate = self._rates.get(signature_name)
        if rate is None:
            return pixels > _HEAVY_PIXELS, 0.0
        return pixels * rate > _HEAVY_SECONDS, pixels * rate

    def learn(self, signature_name, inputs, outputs, seconds):
        """Learns from a request that has been answered.

        Args:
            signature_name: Resolved.
            inputs: Dictionary of arrays by alias.
            outputs: List of arrays.
            seconds: How long the graph ran.
        """
        if not self.native and set(inputs) == {"seed", "index", "start_scale"}:
            self.native = _first_pixels(outputs)
        pixels = output_pixels(inputs, self.native)
        with self._lock:
            if signature_name not in self._compiled or pixels < _TELLING_PIXELS:
                # The first run compiles the signature.
                self._compiled.add(signature_name)
                return
            before = self._rates.get(signature_name, math.inf)
            self._rates[signature_name] = min(before, seconds / pixels)


def _first_pixels(outputs):
    for array in outputs:
        if array.dtype == object and array.size:
            return file_pixels(array.reshape(-1)[0])
        if array.ndim == 4 and len(array):
            return math.prod(array.shape[1:3])
    return 0

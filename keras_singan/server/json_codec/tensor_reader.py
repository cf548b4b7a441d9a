"""A JSON value -> the values of a tensor, with TensorFlow Serving's messages."""

import base64
import math
import re

import numpy as np

from keras_singan.server.json_codec.values import INT64
from keras_singan.server.json_codec.values import JsonObject
from keras_singan.server.json_codec.values import dump
from keras_singan.server.json_codec.values import is_integer
from keras_singan.server.json_codec.values import is_number
from keras_singan.server.json_codec.values import type_name
from keras_singan.server.signature_types import MAX_RANK
from keras_singan.server.signature_types import TYPES
from keras_singan.server.signature_types import type_text
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import invalid

_SPACE = str.maketrans("", "", " \t\n\v\f\r")
_BASE64 = re.compile(r"([A-Za-z0-9+/]*+)([=.]*+)")
# The largest whole number, and the largest number, that a type holds exactly.
_FLOAT32 = ((1 << 24) - 1, 3.4028234663852886e38)
_FLOAT64 = ((1 << 53) - 1, 1.7976931348623157e308)
_INT32 = (-(1 << 31), (1 << 31) - 1)
_RANGES = {
    **dict.fromkeys(("int32", "int16", "int8", "uint8"), _INT32),
    "int64": INT64,
    "uint32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
}


def array_of(values, shape, dtype):
    """Returns an array from a flat list; whole numbers wrap as in C++.

    Args:
        values: As many values as `shape` says, or more: the first are taken.
        shape: Tuple of ints.
        dtype: Number of the type, as protocol buffers hold it.
    """
    values = values[: math.prod(shape)]
    kind = TYPES[dtype].dtype
    if kind is object:
        array = np.empty(len(values), object)
        array[:] = values
    elif np.issubdtype(kind, np.unsignedinteger):
        array = np.array([v % (1 << 64) for v in values], np.uint64).astype(kind)
    elif np.issubdtype(kind, np.integer):
        array = np.array(values, np.int64).astype(kind)
    else:
        array = np.array(values, np.float64 if kind is not np.bool_ else kind)
        array = array.astype(kind)
    return array.reshape(shape)


def is_base64(value):
    """Returns whether a value is `{"b64": "..."}`, and nothing beside it."""
    return (
        isinstance(value, JsonObject)
        and len(value) == 1
        and value[0][0] == "b64"
        and isinstance(value[0][1], str)
    )


def to_bytes(text):
    """Returns the bytes of a JSON string, also such as are no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise invalid(
            "JSON Parse error: The surrogate pair in string is invalid."
        ) from None


class TensorFiller:
    """Collects the values of one input, from one item or from many.

    Args:
        dtype: Number of the input's type, as protocol buffers hold it.

    Attributes:
        values: All values so far, in order.
        shape: Tuple, of the item that `add` read last.
    """

    def __init__(self, dtype):
        self._type = type_text(dtype)
        self.values, self.shape = [], ()

    def add(self, value):
        """Reads a value, or a list of lists of values that is a box.

        Raises:
            StatusError: If lists differ in length or depth, or a value is of
                another type than the input.
        """
        self.shape = _shape(value)
        if len(self.shape) > MAX_RANK:
            raise invalid(f"A tensor has at most {MAX_RANK} dimensions.")
        self._fill(value, 0)

    def _fill(self, value, level):
        rank = len(self.shape)
        if not isinstance(value, list):
            if level != rank:
                raise invalid(
                    f"JSON Value: {dump(value)} found at incorrect level: {level + 1} "
                    f"in the JSON DOM. Expected at level: {rank}"
                )
            self.values.append(self._leaf(value))
            return
        if level >= rank:
            raise invalid(
                f"Encountered list at unexpected level: {level} expected < {rank}"
            )
        if len(value) != self.shape[level]:
            raise invalid(
                f"Encountered list at unexpected size: {len(value)} at level: {level} "
                f"expected size: {self.shape[level]}"
            )
        if level == rank - 1 and self._are_plain(value):
            self.values.extend(value)
            return
        for item in value:
            self._fill(item, level + 1)

    def _are_plain(self, items):
        # Whole lists at once, where nothing can be wrong with their values.
        types = set(map(type, items))
        if not types:
            return True
        if self._type == "bool":
            return types == {bool}
        if self._type in _RANGES:
            low, high = _RANGES[self._type]
            return types == {int} and low <= min(items) and max(items) <= high
        if self._type in ("float", "double"):
            # Whole numbers are exact up to a lower bound than decimals are.
            limit = _FLOAT32[types == {float}]
            return types <= {int, float} and max(map(abs, items)) <= limit
        return False

    def _leaf(self, value):
        if isinstance(value, JsonObject):
            if self._type != "string":
                raise self._type_error(value)
            return _decoded(value)
        if self._type in ("float", "double"):
            return self._decimal(value)
        if self._type in _RANGES:
            low, high = _RANGES[self._type]
            if not is_integer(value) or not low <= value <= high:
                raise self._type_error(value)
            return value
        return self._other(value)

    def _other(self, value):
        if self._type not in ("bool", "string"):
            raise StatusError(
                "UNIMPLEMENTED",
                f"Conversion of JSON Value: {dump(value)} to type: {self._type}",
            )
        if not isinstance(value, bool if self._type == "bool" else str):
            raise self._type_error(value)
        return value if self._type == "bool" else to_bytes(value)

    def _decimal(self, value):
        if not is_number(value):
            raise self._type_error(value)
        whole, largest = _FLOAT32 if self._type == "float" else _FLOAT64
        exact = abs(value) <= (whole if is_integer(value) else largest)
        if not exact and abs(value) != float("inf") and value == value:
            raise invalid(
                f"Cannot convert JSON value: {dump(value)} to {self._type} "
                "without loss of precision."
            )
        return float(value)

    def _type_error(self, value):
        return invalid(
            f"JSON Value: {dump(value)} Type: {type_name(value)} is not of expected "
            f"type: {self._type}"
        )


def _shape(value):
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _decoded(value):
    if not is_base64(value):
        raise invalid(
            f"JSON Value: {dump(value)} not formatted correctly for base64 data"
        )
    # Padding may be left out, and may be dots; spaces may stand anywhere.
    match = _BASE64.fullmatch(value[0][1].translate(_SPACE))
    missing = -len(match[1]) % 4 if match else 3
    if missing == 3 or match[2] and len(match[2]) != missing:
        raise invalid("Unable to base64 decode")
    return base64.b64decode(match[1] + "=" * missing)

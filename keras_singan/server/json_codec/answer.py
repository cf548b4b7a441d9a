"""Tensors -> the body of a predict answer, and the body of an error."""

import base64
import math

import numpy as np

from keras_singan.server.json_codec.values import decimal_text
from keras_singan.server.json_codec.writer import JsonWriter
from keras_singan.server.json_codec.writer import quoted
from keras_singan.server.signature_types import type_text
from keras_singan.server.status_codes import invalid

# Values whose texts are made at once.
_BATCH = 4096
_WHOLE = {"int32", "int16", "int8", "uint8", "int64", "uint32", "uint64"}


def write_error(message):
    """Returns the body of an error, bytes."""
    writer = JsonWriter()
    writer.start_object()
    writer.string("error")
    writer.string(message)
    writer.end_object()
    return writer.body()


def write_outputs(outputs, rows, check=lambda: None):
    """Returns the body of a predict answer, bytes.

    Args:
        outputs: Dictionary of (array, number of its type) by name. Strings under a
            name that ends in `_bytes` are written as base64.
        rows: Whether the answer is in rows (`predictions`), else in columns
            (`outputs`).
        check: Function that is called now and then, and may raise. Defaults to
            nothing.

    Raises:
        StatusError: INVALID_ARGUMENT, if outputs cannot be told apart into rows, or
            are of a type that JSON has no form for.
    """
    if not outputs:
        raise invalid("Cannot convert empty tensor map to JSON")
    count = _row_count(outputs) if rows else None
    outputs = {
        name: _Values(name, np.asarray(array), dtype, check)
        for name, (array, dtype) in outputs.items()
    }
    writer = JsonWriter()
    writer.start_object()
    writer.string("predictions" if rows else "outputs")
    if rows:
        _write_rows(writer, outputs, count)
    else:
        _write_named(writer, outputs, lambda values: values.write_all(writer))
    writer.end_object()
    return writer.body()


def _row_count(outputs):
    count = None
    for name, (array, _) in outputs.items():
        shape = np.shape(array)
        if not shape:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if count not in (None, shape[0]):
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {shape[0]} "
                f"expecting: {count}"
            )
        count = shape[0]
    return count


def _write_rows(writer, outputs, count):
    writer.start_array()
    for row in range(count):
        _write_named(
            writer, outputs, lambda values, row=row: values.write_row(writer, row), True
        )
    writer.end_array()


def _write_named(writer, outputs, write, single_line=False):
    named = len(outputs) > 1
    if named:
        writer.start_object()
    writer.single_line = single_line
    for name, values in outputs.items():
        if named:
            writer.string(name)
        write(values)
    writer.single_line = False
    if named:
        writer.end_object()


class _Values:
    """The values of one output; their texts are made as they are written."""

    def __init__(self, name, array, dtype, check):
        self._type, self._check = type_text(dtype), check
        self._shape = array.shape
        self._base64 = self._type == "string" and name.endswith("_bytes")
        self._flat = array.reshape(-1)
        if self._flat.size:
            # Before anything is written: whether the type can be.
            self._texts(self._flat[:1].tolist())

    def _batches(self, start, count):
        for first in range(start, start + count, _BATCH):
            self._check()
            last = min(first + _BATCH, start + count)
            yield self._texts(self._flat[first:last].tolist())

    def _texts(self, flat):
        if self._type in ("float", "double"):
            single = self._type == "float"
            return [decimal_text(value, single) for value in flat]
        if self._type == "bool":
            return ["true" if value else "false" for value in flat]
        if self._base64:
            return [base64.b64encode(value).decode() for value in flat]
        if self._type == "string":
            return [quoted(value.decode("utf-8", "surrogateescape")) for value in flat]
        if self._type in _WHOLE:
            return list(map(str, flat))
        raise invalid(f"Failed to write JSON value for tensor type: {self._type}")

    def write_all(self, writer):
        self._write(writer, self._shape, 0)

    def write_row(self, writer, row):
        shape = self._shape[1:]
        self._write(writer, shape, row * math.prod(shape))

    def _write(self, writer, shape, start):
        if not shape:
            self._write_one(
                writer, *self._texts(self._flat[start : start + 1].tolist())
            )
        elif len(shape) == 1 and not self._base64:
            writer.array(self._batches(start, shape[0]))
        else:
            step = math.prod(shape[1:])
            writer.start_array()
            for index in range(shape[0]):
                self._write(writer, shape[1:], start + index * step)
            writer.end_array()

    def _write_one(self, writer, token):
        if not self._base64:
            writer.raw(token)
            return
        writer.start_object()
        writer.string("b64")
        writer.string(token)
        writer.end_object()

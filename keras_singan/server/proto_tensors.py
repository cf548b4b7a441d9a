"""Tensors between NumPy and protocol buffers, as TensorFlow Serving carries them."""

import math

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2

from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import invalid

# The field of a TensorProto that holds the values of a type.
_FIELDS = {
    "DT_FLOAT": "float_val",
    "DT_DOUBLE": "double_val",
    "DT_INT32": "int_val",
    "DT_INT16": "int_val",
    "DT_INT8": "int_val",
    "DT_UINT8": "int_val",
    "DT_UINT16": "int_val",
    "DT_INT64": "int64_val",
    "DT_UINT32": "uint32_val",
    "DT_UINT64": "uint64_val",
    "DT_BOOL": "bool_val",
    "DT_STRING": "string_val",
    "DT_HALF": "half_val",
    "DT_BFLOAT16": "half_val",
    "DT_COMPLEX64": "scomplex_val",
    "DT_COMPLEX128": "dcomplex_val",
}
# C++ has other names for some types.
_NAMES = {"float16": "half", "float32": "float", "float64": "double"}
_READABLE = {types_pb2.DataType.Value(name) for name in _FIELDS}
# NumPy's arrays have no more dimensions.
MAX_RANK = 64


def type_text(dtype):
    """Returns the name of a type in error messages: `int32`, `string`, ...

    Args:
        dtype: Number of the type, as protocol buffers hold it.
    """
    name = tf.as_dtype(dtype).name
    return _NAMES.get(name, name)


def array_of(values, shape, dtype):
    """Returns an array from a flat list; numbers wrap as in C++.

    Args:
        values: As many values as `shape` says, or more: the first are taken.
        shape: Tuple of ints.
        dtype: Number of the type, as protocol buffers hold it.
    """
    values = values[: math.prod(shape)]
    kind = tf.as_dtype(dtype).as_numpy_dtype
    if dtype == types_pb2.DT_STRING:
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


def array_from_proto(alias, proto, max_bytes):
    """Reads an input of a gRPC request.

    Args:
        alias: The input's name, for the message.
        proto: A `TensorProto`. One value may stand for a whole tensor of it, so a
            short message can ask for a large one.
        max_bytes: Most bytes that the tensor may take.

    Returns:
        An array of its type; strings are bytes.

    Raises:
        StatusError: INVALID_ARGUMENT, if it is no tensor; RESOURCE_EXHAUSTED, if
            it is too large.
    """
    shape = [dim.size for dim in proto.tensor_shape.dim]
    unknown = proto.tensor_shape.unknown_rank or proto.dtype not in _READABLE
    if unknown or len(shape) > MAX_RANK or min(shape, default=0) < 0:
        raise invalid(f"tensor parsing error: {alias}")
    size = math.prod(shape) * tf.as_dtype(proto.dtype).size
    if size > max_bytes:
        raise StatusError(
            "RESOURCE_EXHAUSTED",
            f"Input {alias} takes {size} bytes as a tensor, more than {max_bytes}.",
        )
    try:
        return tf.make_ndarray(proto)
    except (ValueError, TypeError, OverflowError) as error:
        raise invalid(f"tensor parsing error: {alias}") from error


def fill_proto(proto, array, dtype):
    """Writes a tensor into a `TensorProto`, value by value.

    TensorFlow Serving uses the fields of values, not `tensor_content`, so clients
    that know only those can read it.

    Args:
        proto: The empty `TensorProto`.
        array: The values; bytes for strings.
        dtype: Number of the type, as protocol buffers hold it.
    """
    array = np.asarray(array)
    proto.dtype = dtype
    for size in array.shape:
        proto.tensor_shape.dim.add().size = size
    field = _FIELDS[types_pb2.DataType.Name(dtype)]
    getattr(proto, field).extend(_flat(array, field))


def _flat(array, field):
    if field == "half_val":
        array = array.view(np.uint16)
    elif field.endswith("complex_val"):
        array = array.reshape(-1).view(array.real.dtype)
    return array.reshape(-1).tolist()

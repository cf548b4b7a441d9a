"""Tensors between NumPy and protocol buffers, as TensorFlow Serving carries them.

A `TensorProto` claims a shape, and one value may stand for a whole tensor. So what
a message claims is bounded before anything is allocated for it.
"""

import math

import numpy as np
import tensorflow as tf

from keras_singan.server.signature_types import MAX_RANK
from keras_singan.server.signature_types import TYPES
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import invalid

# A string takes a pointer here and 24 bytes in TensorFlow, however short it is.
_STRING_BYTES = 32
# TensorFlow aborts where the sides of an empty tensor overflow a product.
_MOST_EMPTY = (1 << 31) - 1


def arrays_from_protos(protos, max_bytes):
    """Reads the inputs of a gRPC request.

    Args:
        protos: Dictionary of `TensorProto` by alias.
        max_bytes: Most bytes that all tensors together may take.

    Returns:
        Dictionary of arrays of the protos' types by alias; strings are bytes.

    Raises:
        StatusError: INVALID_ARGUMENT, if one is no tensor; RESOURCE_EXHAUSTED, if
            they are too large.
    """
    total = 0
    for alias, proto in protos.items():
        total += _claimed_bytes(alias, proto)
        if total > max_bytes:
            raise StatusError(
                "RESOURCE_EXHAUSTED",
                f"The inputs up to {alias} take {total} bytes as tensors, more than "
                f"{max_bytes}.",
            )
    return {alias: _array(alias, proto) for alias, proto in protos.items()}


def _claimed_bytes(alias, proto):
    shape, tensor_type = proto.tensor_shape, TYPES.get(proto.dtype)
    # The number of dimensions first: there could be millions.
    if shape.unknown_rank or len(shape.dim) > MAX_RANK or tensor_type is None:
        raise invalid(f"tensor parsing error: {alias}")
    sizes = [dim.size for dim in shape.dim]
    # An empty tensor can have sides whose product no whole number holds.
    overflows = 0 in sizes and math.prod(filter(None, sizes)) > _MOST_EMPTY
    if min(sizes, default=0) < 0 or overflows:
        raise invalid(f"tensor parsing error: {alias}")
    count = math.prod(sizes)
    if tensor_type.name != "string":
        return count * np.dtype(tensor_type.dtype).itemsize
    # The last string stands for all that are missing: TensorFlow copies it.
    held = len(proto.string_val)
    missing = count - held
    repeated = len(proto.string_val[-1]) if missing > 0 < held else 0
    return count * _STRING_BYTES + missing * repeated


def _array(alias, proto):
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
    field = TYPES[dtype].field
    getattr(proto, field).extend(_flat(array, field))


def _flat(array, field):
    if field == "half_val":
        array = array.view(np.uint16)
    elif field.endswith("complex_val"):
        array = array.reshape(-1).view(array.real.dtype)
    return array.reshape(-1).tolist()

"""Signatures as requests name them: the default's name, and the types of inputs.

No TensorFlow here: the process that reads large JSON requests starts quickly.
"""

import dataclasses

import ml_dtypes
import numpy as np

from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import invalid

DEFAULT_SIGNATURE = "serving_default"
# NumPy's arrays have no more dimensions.
MAX_RANK = 64


@dataclasses.dataclass(frozen=True)
class TensorType:
    """A type of tensors.

    Attributes:
        name: As error messages have it, in C++'s words.
        dtype: NumPy's type.
        field: The field of a `TensorProto` that holds the values.
    """

    name: str
    dtype: type
    field: str


# By the number that protocol buffers hold (`DataType`).
TYPES = {
    1: TensorType("float", np.float32, "float_val"),
    2: TensorType("double", np.float64, "double_val"),
    3: TensorType("int32", np.int32, "int_val"),
    4: TensorType("uint8", np.uint8, "int_val"),
    5: TensorType("int16", np.int16, "int_val"),
    6: TensorType("int8", np.int8, "int_val"),
    7: TensorType("string", object, "string_val"),
    8: TensorType("complex64", np.complex64, "scomplex_val"),
    9: TensorType("int64", np.int64, "int64_val"),
    10: TensorType("bool", np.bool_, "bool_val"),
    14: TensorType("bfloat16", ml_dtypes.bfloat16, "half_val"),
    17: TensorType("uint16", np.uint16, "int_val"),
    18: TensorType("complex128", np.complex128, "dcomplex_val"),
    19: TensorType("half", np.float16, "half_val"),
    22: TensorType("uint32", np.uint32, "uint32_val"),
    23: TensorType("uint64", np.uint64, "uint64_val"),
}


@dataclasses.dataclass(frozen=True)
class SignatureTypes:
    """The types of the inputs of a model's signatures.

    Attributes:
        types: Dictionary by signature of dictionaries: number of the type by alias,
            in order.
        error: `StatusError` if there is no such model. It is raised when types are
            asked for: TensorFlow Serving reads a request before it looks for its
            model.
    """

    types: dict
    error: StatusError | None = None

    def of(self, signature_name):
        """Returns the types of a signature's inputs.

        Args:
            signature_name: As the request has it.

        Raises:
            StatusError: If there is no such model, or no such signature.
        """
        if self.error is not None:
            raise self.error
        name = resolved_name(signature_name)
        if name not in self.types:
            raise invalid(
                f'Serving signature name: "{name}" not found in signature def'
            )
        return self.types[name]


def resolved_name(signature_name):
    """Returns the signature that a request means: "" stands for the default."""
    return signature_name or DEFAULT_SIGNATURE


def type_text(number):
    """Returns the name of a type in error messages: `int32`, `string`, ...

    Args:
        number: Number of the type, as protocol buffers hold it.
    """
    return TYPES[number].name if number in TYPES else f"type {number}"

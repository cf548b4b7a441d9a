import numpy as np
import pytest
import tensorflow as tf
from support.embedded_server import predict_request
from support.embedded_server import running
from support.embedded_server import save_version
from support.embedded_server import write_warmup
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.framework import types_pb2

from keras_singan.errors import ModelFileError
from keras_singan.server.proto_tensors import arrays_from_protos
from keras_singan.server.signature_types import TYPES
from keras_singan.server.status_codes import StatusError

LIMIT = 1 << 20


def claim(number, *sizes, **values):
    """Makes a proto that claims a shape, with no values but those given."""
    proto = tensor_pb2.TensorProto(dtype=number, **values)
    for size in sizes:
        proto.tensor_shape.dim.add().size = size
    return proto


def refused(**protos):
    """Reads protos that must be refused; gives the code's name and the text."""
    with pytest.raises(StatusError) as error:
        arrays_from_protos(protos, LIMIT)
    return error.value.code, error.value.message


def test_the_types_are_tensorflows():
    for number, known in TYPES.items():
        dtype = tf.as_dtype(number)
        names = {"float32": "float", "float64": "double", "float16": "half"}
        assert known.name == names.get(dtype.name, dtype.name)
        assert dtype.as_numpy_dtype is known.dtype
        assert hasattr(tensor_pb2.TensorProto(), known.field)


@pytest.mark.parametrize("number", TYPES, ids=lambda number: TYPES[number].name)
def test_a_claim_without_values_is_bounded_for_every_type(number):
    for sizes in ([2**31], [2**62], [2**16, 2**16], [2**62, 2**62, 2**62]):
        code, text = refused(x=claim(number, *sizes))
        assert code == "RESOURCE_EXHAUSTED"
        assert "more than 1048576" in text


def test_claims_are_bounded_together():
    one = claim(types_pb2.DT_FLOAT, LIMIT // 8, float_val=[1.0])
    assert arrays_from_protos({"a": one, "b": one}, LIMIT)["b"].sum() == LIMIT // 8
    assert refused(a=one, b=one, c=one)[0] == "RESOURCE_EXHAUSTED"


def test_one_long_string_cannot_stand_for_many():
    proto = claim(types_pb2.DT_STRING, 1000, string_val=[b"x" * 10_000])
    assert refused(x=proto)[0] == "RESOURCE_EXHAUSTED"
    short = claim(types_pb2.DT_STRING, 3, string_val=[b"a", b"b"])
    array = arrays_from_protos({"x": short}, LIMIT)["x"]
    assert array.tolist() == [b"a", b"b", b"b"]


@pytest.mark.parametrize(
    "proto",
    [
        claim(types_pb2.DT_BOOL, 0, 2**31, 2**31),
        claim(types_pb2.DT_FLOAT, 2**62, 0),
        claim(types_pb2.DT_FLOAT, *[0] * 100_000),
        claim(types_pb2.DT_FLOAT, 3, -1),
        claim(types_pb2.DT_STRING, 2, tensor_content=b"ab"),
        claim(types_pb2.DT_INT32, 2, tensor_content=b"abc"),
        claim(types_pb2.DT_INT32, 1, int_val=[1, 2]),
        claim(types_pb2.DT_RESOURCE, 1),
    ],
    ids=range(8),
)
def test_what_no_tensor_can_be_is_refused(proto):
    assert refused(x=proto) == ("INVALID_ARGUMENT", "tensor parsing error: x")


def test_an_empty_tensor_is_one():
    array = arrays_from_protos({"x": claim(types_pb2.DT_HALF, 0, 3)}, LIMIT)["x"]
    assert array.shape == (0, 3)
    assert array.dtype == np.float16


def test_a_warm_up_record_cannot_claim_more_than_it_holds(tmp_path):
    path = save_version(tmp_path, 1)
    write_warmup(path, predict_request(x=claim(types_pb2.DT_STRING, 2**31)))
    with pytest.raises(ModelFileError, match="more than"), running(tmp_path):
        pass

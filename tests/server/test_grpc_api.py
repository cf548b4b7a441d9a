import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from grpc_health.v1 import health_pb2
from grpc_health.v1 import health_pb2_grpc
from support.embedded_server import predict_request as request
from support.embedded_server import running
from support.embedded_server import save_version
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import classification_pb2
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2
from tensorflow_serving.apis import model_management_pb2
from tensorflow_serving.apis import model_service_pb2_grpc
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

SERVING = health_pb2.HealthCheckResponse.SERVING


class Stubs:
    def __init__(self, server):
        self.channel = grpc.insecure_channel(server.grpc_target)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(
            self.channel
        )
        self.model = model_service_pb2_grpc.ModelServiceStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    def predict(self, signature="", timeout=None, output_filter=(), **inputs):
        return self.prediction.Predict(
            request(signature, output_filter=output_filter, **inputs), timeout=timeout
        )


def failure(call, *args, **kwargs):
    """Makes a call that must fail; gives the code's name and the text."""
    with pytest.raises(grpc.RpcError) as error:
        call(*args, **kwargs)
    return error.value.code().name, error.value.details()


@pytest.fixture(scope="module")
def stubs():
    with running(grpc_port=0) as server:
        stubs = Stubs(server)
        yield stubs
        stubs.channel.close()


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    base = tmp_path_factory.mktemp("base")
    save_version(base, 3)
    with running(base, grpc_port=0, max_body_mb=1, timeout=1) as server:
        stubs = Stubs(server)
        yield stubs
        stubs.channel.close()


def test_a_prediction(stubs):
    response = stubs.predict(x=np.float32([1, 2]))
    assert response.outputs["y"].float_val == [2.5, 3.0]
    assert response.outputs["y"].tensor_content == b""
    assert response.outputs["y"].tensor_shape.dim[0].size == 2
    spec = response.model_spec
    assert (spec.name, spec.version.value) == ("m", 1)
    assert spec.signature_name == "serving_default"


def test_bytes_and_scalars(stubs):
    response = stubs.predict("echo", data=[b"\xff\x00", b""])
    assert response.outputs["data_bytes"].string_val == [b"\xff\x00", b""]
    assert response.outputs["length"].int_val == [2, 0]
    response = stubs.predict("scalar", seed=np.int64(3), size=np.int32(5))
    assert response.outputs["out"].float_val == [15]
    assert not response.outputs["out"].tensor_shape.dim
    assert response.model_spec.signature_name == "scalar"


def test_only_the_outputs_that_are_wanted(stubs):
    inputs = {"a": np.float32([[1, 2]]), "n": np.int32([4])}
    assert set(stubs.predict("pair", **inputs).outputs) == {"total", "doubled"}
    response = stubs.predict("pair", output_filter=["doubled"], **inputs)
    assert dict(response.outputs).keys() == {"doubled"}
    assert failure(stubs.predict, "pair", output_filter=["zz"], **inputs) == (
        "INVALID_ARGUMENT",
        "output tensor alias not found in signature: zz Outputs expected to be in the "
        "set {doubled,total}.",
    )
    assert failure(
        stubs.predict, "pair", output_filter=["total", "total"], **inputs
    ) == ("INVALID_ARGUMENT", "duplicate output tensor alias: total")


def test_a_version_and_a_label(stubs):
    by_version = request(x=np.float32([1]))
    by_version.model_spec.version.value = 1
    assert stubs.prediction.Predict(by_version).outputs["y"].float_val == [2.5]
    by_version.model_spec.version.value = 9
    assert failure(stubs.prediction.Predict, by_version) == (
        "NOT_FOUND",
        "Servable not found for request: Specific(m, 9)",
    )
    by_version.model_spec.version_label = "x"
    assert failure(stubs.prediction.Predict, by_version) == (
        "INVALID_ARGUMENT",
        "Unrecognized servable version label: x",
    )


REFUSED = {
    "no model": (
        predict_pb2.PredictRequest(),
        ("INVALID_ARGUMENT", "Missing ModelSpec"),
    ),
    "no name": (
        request(name=""),
        ("INVALID_ARGUMENT", "ModelSpec has no name specified."),
    ),
    "another name": (
        request(name="zz"),
        ("NOT_FOUND", "Servable not found for request: Latest(zz)"),
    ),
    "no signature": (
        request("nope"),
        ("FAILED_PRECONDITION", 'Serving signature key "nope" not found.'),
    ),
    "the initialisation": (
        request("__saved_model_init_op"),
        (
            "INTERNAL",
            "Expected prediction signature method_name to be one of "
            "{tensorflow/serving/predict, tensorflow/serving/classify, "
            "tensorflow/serving/regress}. Was: ",
        ),
    ),
    "too few": (
        request("pair", n=np.int32([1])),
        (
            "INVALID_ARGUMENT",
            "input size does not match signature: 1!=2 len({n}) != len({a,n}). "
            "Sent extra: {}. Missing but required: {a}.",
        ),
    ),
    "another type": (
        request(x=np.float64([1])),
        ("INVALID_ARGUMENT", "Expects arg[0] to be float but double is provided"),
    ),
    "another input": (
        request(z=np.float32([1])),
        (
            "INVALID_ARGUMENT",
            "Signature input alias: x(feed name: serving_default_x:0) not found in "
            "request and no default value provided. Inputs expected to be in the "
            "request {z}, or default input alias set: ",
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_answered_is_refused_in_the_same_words(stubs, case):
    wrong, expected = REFUSED[case]
    assert failure(stubs.prediction.Predict, wrong) == expected


@pytest.mark.parametrize(
    "proto",
    [
        "dtype: DT_FLOAT tensor_shape { dim { size: -1 } }",
        "dtype: DT_FLOAT tensor_shape { unknown_rank: true }",
        "dtype: DT_FLOAT tensor_shape { dim { size: 2 } } tensor_content: 'abc'",
        "dtype: DT_RESOURCE",
        "dtype: DT_INVALID",
        "dtype: DT_FLOAT tensor_shape { " + "dim { size: 1 } " * 70 + "}",
    ],
)
def test_what_is_no_tensor_is_refused(stubs, proto):
    tensor = text_format.Parse(proto, tensor_pb2.TensorProto())
    assert failure(stubs.predict, x=tensor) == (
        "INVALID_ARGUMENT",
        "tensor parsing error: x",
    )


def test_a_short_message_cannot_ask_for_a_large_tensor(own):
    tensor = tf.make_tensor_proto(1.0, shape=[2**40])
    code, text = failure(own.predict, x=tensor)
    assert (code, "more than 1048576" in text) == ("RESOURCE_EXHAUSTED", True)


def test_a_message_has_a_limit(own):
    code, _ = failure(own.predict, x=np.zeros(2**19, np.float32))
    assert code == "RESOURCE_EXHAUSTED"
    assert len(own.predict(x=np.zeros(2**17, np.float32)).outputs["y"].float_val)


def test_a_long_message_is_cut(stubs):
    code, text = failure(stubs.predict, "x" * 2000)
    assert code == "FAILED_PRECONDITION"
    assert len(text) == 1024 + len("...TRUNCATED")


@pytest.mark.parametrize("shape", [(), (0,), (5, 5, 3), (1, 5, 5, 4), (1, 1, 5, 5, 3)])
def test_images_of_another_shape_cannot_end_the_process(own, shape):
    code, text = failure(own.predict, "convolve", image=np.zeros(shape, np.float32))
    assert code == "INVALID_ARGUMENT"
    assert text.endswith("is not compatible with expected shape [?,?,?,3].")


def test_an_input_with_a_default_can_be_left_out(own):
    x = np.float32([2])
    assert own.predict("optional", x=x).outputs["y"].float_val == [6]
    given = own.predict("optional", x=x, by=np.float32(5))
    assert given.outputs["y"].float_val == [10]


def test_a_deadline_ends_a_run(own):
    steps = np.int64(10**12)
    code, _ = failure(own.predict, "slow", timeout=0.3, steps=steps)
    assert code == "DEADLINE_EXCEEDED"
    code, text = failure(own.predict, "slow", steps=steps)
    assert code == "DEADLINE_EXCEEDED"
    assert "Timed out" in text


def test_metadata(stubs):
    ask = get_model_metadata_pb2.GetModelMetadataRequest(
        metadata_field=["signature_def"]
    )
    ask.model_spec.name = "m"
    response = stubs.prediction.GetModelMetadata(ask)
    assert response.model_spec.version.value == 1
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert signatures.signature_def["pair"].inputs["a"].tensor_shape.dim[1].size == 2


@pytest.mark.parametrize(
    "fields, name, message",
    [
        (["signature_def"], None, "Missing ModelSpec"),
        ([], "m", "GetModelMetadataRequest must specify at least one metadata_field"),
        (["x"], "m", "Metadata field x is not supported"),
    ],
)
def test_metadata_that_is_not_there(stubs, fields, name, message):
    ask = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    if name:
        ask.model_spec.name = name
    assert failure(stubs.prediction.GetModelMetadata, ask) == (
        "INVALID_ARGUMENT",
        message,
    )


def test_status(stubs):
    ask = get_model_status_pb2.GetModelStatusRequest()
    assert failure(stubs.model.GetModelStatus, ask)[1] == "Missing ModelSpec"
    ask.model_spec.name = "m"
    (entry,) = stubs.model.GetModelStatus(ask).model_version_status
    assert (entry.version, entry.state, entry.status.error_code) == (1, 30, 0)
    ask.model_spec.version.value = 4
    assert failure(stubs.model.GetModelStatus, ask) == (
        "NOT_FOUND",
        "Could not find version 4 of model m",
    )


def test_what_is_not_served_says_so(stubs):
    wrong = classification_pb2.ClassificationRequest()
    assert failure(stubs.prediction.Classify, wrong)[0] == "UNIMPLEMENTED"
    reload = model_management_pb2.ReloadConfigRequest()
    code, text = failure(stubs.model.HandleReloadConfigRequest, reload)
    assert (code, "new version folder" in text) == ("UNIMPLEMENTED", True)


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_health(stubs, service):
    ask = health_pb2.HealthCheckRequest(service=service)
    assert stubs.health.Check(ask).status == SERVING


def test_the_health_of_another_service(stubs):
    ask = health_pb2.HealthCheckRequest(service="zz")
    assert failure(stubs.health.Check, ask)[0] == "NOT_FOUND"

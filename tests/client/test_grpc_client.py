import base64
import socket
import sys
from concurrent import futures

import pytest
from PIL import Image
from support.checks import refused
from support.cli_runner import succeed
from support.fake_serving import INPUTS
from support.fake_serving import FakeServer
from support.fake_serving import Refusal
from support.fake_serving import as_b64
from support.fake_serving import metadata
from support.fake_serving import patient
from support.photos import encoded
from support.photos import png

from keras_singan.client import GrpcClient
from keras_singan.errors import ServingError
from keras_singan.errors import TaskError
from keras_singan.errors import needs_extra

grpc = pytest.importorskip("grpc")
pytest.importorskip("tensorflow_serving")

from google.protobuf import json_format  # noqa: E402
from tensorflow.core.framework import tensor_pb2  # noqa: E402
from tensorflow_serving.apis import get_model_metadata_pb2  # noqa: E402
from tensorflow_serving.apis import get_model_status_pb2  # noqa: E402
from tensorflow_serving.apis import model_service_pb2_grpc  # noqa: E402
from tensorflow_serving.apis import predict_pb2  # noqa: E402
from tensorflow_serving.apis import prediction_service_pb2_grpc  # noqa: E402

FIELDS = {
    tensor_pb2.TensorProto(dtype=name).dtype: (name, field)
    for name, field in (
        ("DT_INT64", "int64_val"),
        ("DT_INT32", "int_val"),
        ("DT_FLOAT", "float_val"),
        ("DT_STRING", "string_val"),
    )
}
NAMES = {int: "DT_INT32", float: "DT_FLOAT", bytes: "DT_STRING"}


class Services(
    prediction_service_pb2_grpc.PredictionServiceServicer,
    model_service_pb2_grpc.ModelServiceServicer,
):
    """Both services over the `Server` of the REST tests, with tensors for JSON."""

    def __init__(self):
        self.server = FakeServer(0)
        self.specs, self.tokens, self.script = [], [], []

    def Predict(self, request, context):
        self.begin(request, context)
        signature = request.model_spec.signature_name
        rows = rows_of(request)
        self.server.requests.append((signature, rows))
        try:
            values = [self.server.predict_row(signature, row) for row in rows]
        except Refusal as refusal:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refusal))
        return response(values)

    def GetModelStatus(self, request, context):
        self.begin(request, context)
        answer = get_model_status_pb2.GetModelStatusResponse()
        answer.model_version_status.add(version=4, state="AVAILABLE")
        return answer

    def GetModelMetadata(self, request, context):
        self.begin(request, context)
        assert list(request.metadata_field) == ["signature_def"]
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        answer.model_spec.name = "singan"
        answer.model_spec.version.value = 4
        signatures = get_model_metadata_pb2.SignatureDefMap()
        json_format.ParseDict(metadata()["metadata"]["signature_def"], signatures)
        answer.metadata["signature_def"].Pack(signatures)
        return answer

    def begin(self, request, context):
        self.specs.append(request.model_spec)
        self.tokens.append(dict(context.invocation_metadata()).get("authorization"))
        if self.script:
            code, text = self.script.pop(0)
            context.abort(getattr(grpc.StatusCode, code), text)


def rows_of(request):
    """Gives the rows of a request, whose tensors must have the right dtypes."""
    inputs, columns = INPUTS[request.model_spec.signature_name], {}
    assert set(request.inputs) == set(inputs)
    for name, tensor in request.inputs.items():
        dtype, field = FIELDS[tensor.dtype]
        columns[name] = list(getattr(tensor, field))
        assert dtype == ("DT_INT64" if name.endswith("seed") else NAMES[inputs[name]])
        assert [side.size for side in tensor.tensor_shape.dim] == [len(columns[name])]
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def response(values):
    """Gives the images, or frames, of some rows as a tensor."""
    frames = isinstance(values[0], list)
    flat = [item for value in values for item in (value if frames else [value])]
    shape = [len(values), *([len(values[0])] if frames else [])]
    tensor = tensor_pb2.TensorProto(
        dtype="DT_STRING",
        tensor_shape={"dim": [{"size": side} for side in shape]},
        string_val=[base64.b64decode(item["b64"]) for item in flat],
    )
    name = "frames_bytes" if frames else "image_bytes"
    return predict_pb2.PredictResponse(outputs={name: tensor})


@pytest.fixture
def services():
    services, pool = Services(), futures.ThreadPoolExecutor(2)
    server = grpc.server(pool, options=[("grpc.max_receive_message_length", -1)])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        services, server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(services, server)
    services.url = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield services
    server.stop(0).wait()
    pool.shutdown()


@pytest.fixture
def client(services):
    with GrpcClient(services.url, retries=patient([])) as client:
        yield client


def test_every_task_sends_tensors_and_gives_images(services, client):
    assert len(client.sample(2, seed=3)) == 2
    assert client.sample(size=(8, 12))[0].size == (12, 8)
    assert client.reconstruct().size == (6, 4)
    assert client.super_resolve(png(), 1.5).size == (9, 6)
    assert client.harmonize(png(), png()).size == (6, 4)
    assert client.edit(png()).size == (6, 4)
    assert client.paint_to_image(png(), quantize=True).size == (6, 4)
    frames = client.animate(4, alpha=0.25, loop=True)
    assert [x.getpixel((0, 0))[0] for x in frames] == [0, 40, 80, 120]
    assert client.sample(tile="x")[0].size == (6, 4)
    assert len(client.vary(2, region=(1, 1, 2, 2), image=png())) == 2
    assert client.extend(left=2, image=png())[0].size == (8, 4)
    for refine in (True, False):
        assert len(client.sample(2, refine=refine)) == 2
        around = {"variation": 0.5, "around": (-(2**63), 2)}
        assert len(client.sample(2, refine=refine, **around)) == 2
        assert client.edit(png(), refine=refine).size == (6, 4)
        assert client.paint_to_image(png(), refine=refine).size == (6, 4)
        box = {"region": (1, 1, 2, 2), "image": png()}
        assert len(client.vary(2, **box, refine=refine)) == 2
        assert client.extend(left=2, refine=refine)[0].size == (8, 4)
    assert {signature for signature, _ in services.server.requests} == set(INPUTS)
    rows = [{"seed": 3, "index": k, "start_scale": -1} for k in range(2)]
    assert services.server.requests[0] == ("sample", rows)


def test_answers_larger_than_grpcs_default_come_through(services, client):
    noise = Image.effect_noise((2300, 2300), 90)
    large = encoded(noise)
    assert len(large) > 4 * 2**20
    services.server.predict_row = lambda *_: as_b64(large)
    assert client.paint_to_image(large).tobytes() == noise.tobytes()


def test_an_answer_over_the_limit_is_refused(services):
    large = encoded(Image.effect_noise((1300, 1300), 90))
    services.server.predict_row = lambda *_: as_b64(large)
    with GrpcClient(services.url, max_answer_mb=1, retries=patient([])) as client:
        text = refused(client.reconstruct, ServingError)
    assert "max_answer_mb=1" in text and "attempt" not in text


@pytest.mark.parametrize(
    "text",
    ["Broken pipe", "Stream removed", "GOAWAY received", "keepalive watchdog timeout"],
)
def test_what_a_server_may_have_begun_is_not_asked_again(services, text):
    services.script = [("UNAVAILABLE", text)] * 2
    with GrpcClient(services.url, retries=patient([])) as client:
        assert text in refused(client.reconstruct, ServingError)
    assert len(services.script) == 1


def test_no_control_character_reaches_the_terminal(services, client):
    services.script = [("INTERNAL", "a\x1b[31mred\x07\u202e")]
    text = refused(client.reconstruct, ServingError)
    assert text.isprintable() and "a [31mred" in text


def test_status_and_metadata(client):
    assert client.status() == [{"version": 4, "state": "AVAILABLE", "error": ""}]
    found = client.metadata()
    assert (found["name"], found["version"]) == ("singan", 4)
    assert set(found["signatures"]) == {*INPUTS, "serving_default"}
    assert found["signatures"]["reconstruct"] == {
        "inputs": {"index": {"dtype": "int32", "shape": [-1]}},
        "outputs": {"image_bytes": {"dtype": "string", "shape": [-1]}},
    }


def test_name_version_and_token_are_sent(services):
    with GrpcClient(services.url, "lion", version=7, token="abc") as client:
        client.reconstruct()
    (spec,) = services.specs
    assert (spec.name, spec.version.value) == ("lion", 7)
    assert services.tokens == ["Bearer abc"]


def test_without_a_version_none_is_sent(services, client):
    client.status()
    assert not services.specs[0].HasField("version")
    assert services.tokens == [None]


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED"])
def test_a_busy_server_is_asked_again(services, code):
    sleeps = []
    services.script = [(code, "overloaded")] * 2
    with GrpcClient(services.url, retries=patient(sleeps)) as client:
        assert client.reconstruct().size == (6, 4)
        assert sleeps == [0.5, 1.0]
        services.script = [(code, "overloaded")] * 9
        assert f"overloaded ({code}), 5 attempts" in refused(
            client.reconstruct, ServingError
        )


@pytest.mark.parametrize(
    "code, text",
    [
        *(("NOT_FOUND", "model='singan'"), ("UNAUTHENTICATED", "token")),
        *(("INVALID_ARGUMENT", "refused"), ("UNIMPLEMENTED", "TensorFlow Serving")),
        *(("INTERNAL", "failed"), ("UNAVAILABLE", "listening")),
        ("RESOURCE_EXHAUSTED", "room"),
    ],
)
def test_errors_are_one_line_and_not_asked_again(services, client, code, text):
    final = {"UNAVAILABLE": "Socket closed", "RESOURCE_EXHAUSTED": "Larger than max"}
    sentence = final.get(code, "it said\nso")
    services.script = [(code, f"{sentence}\n\t [[{{{{node x}}}}]]")]
    line = refused(client.reconstruct, ServingError)
    assert text in line
    assert f"{sentence} ({code})".replace("\n", " ") in line
    assert len(services.specs) == 1


def test_the_servers_sentence_is_carried(client):
    assert "factor is too large" in refused(
        lambda: client.super_resolve(png(), 5000), ServingError
    )


def test_no_server_is_told_and_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sleeps = []
    with GrpcClient(f"127.0.0.1:{port}", retries=patient(sleeps, 1)) as client:
        text = refused(client.status, ServingError)
    assert f"listening at 127.0.0.1:{port}" in text
    assert len(sleeps) == 1


def test_a_server_that_says_nothing_is_left_in_time(services):
    waiting = futures.Future()
    services.script = [("UNAVAILABLE", "")]
    services.begin = lambda *unused: waiting.result(10)
    with GrpcClient(services.url, timeout=0.2) as client:
        text = refused(client.reconstruct, ServingError)
    waiting.set_result(None)
    assert "in time" in text
    assert "DEADLINE_EXCEEDED" in text


def test_outputs_that_are_no_images_are_told(services, client, monkeypatch):
    for shape in ([2], [2, 1], [1, 1, 1]):
        tensor = {
            "dtype": "DT_STRING",
            "tensor_shape": {"dim": [{"size": side} for side in shape]},
            "string_val": [b""] * 2,
        }
        answer = predict_pb2.PredictResponse()
        answer.outputs["image_bytes"].CopyFrom(tensor_pb2.TensorProto(**tensor))
        monkeypatch.setitem(globals(), "response", lambda _, answer=answer: answer)
        assert "outputs=['image_bytes']" in refused(client.reconstruct, ServingError)


@pytest.mark.parametrize(
    "url", ["host", "http://host:1", "host:1/path", "", "grpc://", "host:x", None]
)
def test_an_address_that_is_none_is_refused(url):
    refused(lambda: GrpcClient(url), TaskError)


def test_tls_to_a_server_without_it_is_an_error(services):
    url = f"grpcs://{services.url}"
    with GrpcClient(url, retries=patient([], 0), timeout=5) as client:
        refused(client.status, ServingError)


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    line = refused(lambda: GrpcClient("host:8500"), ServingError)
    assert needs_extra("gRPC", "serve") in line


def test_the_command_line_speaks_grpc(services, tmp_path):
    args = ["reconstruct", "--grpc", "--output", tmp_path / "x.png"]
    succeed("query", services.url, *args)
    with Image.open(tmp_path / "x.png") as image:
        assert image.size == (6, 4)

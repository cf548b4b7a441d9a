"""What the tests of the embedded server share: models to serve, and requests."""

import atexit
import contextlib
import functools
import http.client
import json
import os
import shutil
import tempfile
import threading
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_log_pb2

from keras_singan.server.servables.loaded_model import LoadedModel
from keras_singan.server.server import Server
from keras_singan.server.settings import ServeSettings
from support.checks import wait_for

DATA = Path(__file__).parents[1] / "data" / "serving"


@contextlib.contextmanager
def running(path=DATA / "model", labels=None, **settings):
    """Serves a model as `m` at free ports."""
    settings = {"name": "m", "port": 0, "grpc_port": None} | settings
    with Server(path, ServeSettings(**settings), labels) as server:
        yield server


def ask(server, method, path, body=None, headers=None):
    """Sends a request over a socket; returns the status, the body and the headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


def post(server, body, path="/v1/models/m:predict", headers=None):
    """Sends a predict request, a dictionary or JSON; returns status and answer."""
    if isinstance(body, dict):
        body = json.dumps(body)
    status, answer, _ = ask(server, "POST", path, body, headers)
    return status, json.loads(answer)


def get(server, path):
    """Sends a GET request; returns the status and the answer's JSON."""
    status, answer, _ = ask(server, "GET", path)
    return status, json.loads(answer)


def states(server):
    """Returns the state of each version, as the server reports it."""
    _, answer = get(server, "/v1/models/m")
    return {
        int(entry["version"]): entry["state"]
        for entry in answer["model_version_status"]
    }


class HeldRuns:
    """Holds runs of a graph back until it is told to let them go.

    Args:
        which: Function of the arrays that are fed; those runs are held for which
            it is true. Defaults to all.

    Attributes:
        count: How many have begun.
    """

    def __init__(self, monkeypatch, which=lambda feeds: True):
        self.count = 0
        self._released = threading.Event()
        run = LoadedModel.run

        def held(model, feeds, *args):
            if which(feeds.values()):
                self.count += 1
                assert self._released.wait(30)
            return run(model, feeds, *args)

        monkeypatch.setattr(LoadedModel, "run", held)

    def wait(self, count):
        """Waits until so many have begun."""
        wait_for(lambda: self.count >= count)

    def release(self):
        """Lets them go, and all that follow."""
        self._released.set()


@functools.cache
def _saved(value):
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    module = tf.Module()
    module.kernel = tf.Variable(tf.ones((3, 3, 3, 1)))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def default(x):
        return {"y": x + value}

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64, "steps")])
    def slow(steps):
        def step(i, x):
            return i + 1, tf.matmul(x, x) * 1e-3

        first = (tf.constant(0, tf.int64), tf.ones((64, 64)))
        i, _ = tf.while_loop(lambda i, x: i < steps, step, first)
        return {"i": i}

    shape = [None, None, None, 3]

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, "image")])
    def convolve(image):
        return {"out": tf.nn.conv2d(image, module.kernel, 1, "SAME")}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.float32, "x"),
            tf.TensorSpec([], tf.float32, "by"),
        ]
    )
    def optional(x, by=tf.constant(3.0)):  # noqa: B008
        return {"y": x * by}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.int32, "height"),
            tf.TensorSpec([None], tf.int32, "width"),
        ]
    )
    def draw(height, width):
        return {"pixels": height * width}

    module.default, module.slow, module.convolve = default, slow, convolve
    signatures = {"serving_default": default, "slow": slow, "convolve": convolve}
    signatures |= {"optional": optional, "draw": draw}
    tf.saved_model.save(module, folder, signatures)
    return Path(folder)


def save_version(base, version, value=1.0):
    """Puts a version that adds `value` into a base folder, at once; returns its path.

    Its signature `slow` runs as many steps as it is told, `convolve` convolves
    images without a guard of its own, `optional` has an input with a default, and
    `draw` asks for images of a height and width without drawing any.
    """
    temporary = Path(base) / f".{version}"
    shutil.copytree(_saved(value), temporary)
    return temporary.rename(Path(base) / str(version))


def write_warmup(path, *requests):
    """Writes the warm-up requests of a version: `PredictRequest`s."""
    (path / "assets.extra").mkdir()
    file = str(path / "assets.extra" / "tf_serving_warmup_requests")
    with tf.io.TFRecordWriter(file) as writer:
        for request in requests:
            log = prediction_log_pb2.PredictionLog()
            log.predict_log.request.CopyFrom(request)
            writer.write(log.SerializeToString())


def predict_request(signature="", name="m", output_filter=(), **inputs):
    """Makes a `PredictRequest` from arrays or `TensorProto`s by alias."""
    request = predict_pb2.PredictRequest(output_filter=output_filter)
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for alias, value in inputs.items():
        if not isinstance(value, tensor_pb2.TensorProto):
            value = tf.make_tensor_proto(value)
        request.inputs[alias].CopyFrom(value)
    return request

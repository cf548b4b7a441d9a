"""A small server that answers as TensorFlow Serving does, over real sockets."""

import base64
import contextlib
import http.server
import io
import json
import threading

from PIL import Image

from keras_singan.client import Retries
from keras_singan.task_specs import SIGNATURES
from support.photos import png

_KINDS = {"string": bytes, "int32": int, "int64": int, "float32": float}
INPUTS = {
    task.signature: {each.name: _KINDS[each.dtype] for each in task.inputs}
    for task in SIGNATURES
}
MODEL = "/v1/models/singan"


class Refusal(Exception):
    """A request that TensorFlow Serving would answer with 400."""


class Answer:
    """An answer to give instead of the right one.

    Args:
        status: Status code.
        body: `bytes`, or what to send as JSON. Defaults to `b""`.
        headers: More headers. Defaults to none.
        length: Length to claim. Defaults to the body's.
    """

    def __init__(self, status, body=b"", headers=None, length=None):
        self.status, self.headers = status, headers or {}
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.length = len(self.body) if length is None else length


class FakeServer:
    """What has been asked of a running server, and what it will answer.

    Attributes:
        url: Its URL.
        requests: Pairs of (signature, instances) that were predicted.
        seen: Triples of (method, path, headers) of every request.
        script: Answers to give, in order, before the right ones; a function of
            the handler does what it likes with the connection.
        token: Bearer token to insist on, or `None`.
    """

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.requests, self.seen, self.script, self.token = [], [], [], None

    def answer(self, method, path, headers, body):
        """Returns an `Answer`, as TensorFlow Serving would."""
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            return Answer(401, b"<html>401 Authorization Required</html>")
        if not path.startswith("/v1/"):
            return Answer(
                404, b"<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD></HTML>"
            )
        if path == f"{MODEL}:predict" and method == "POST":
            try:
                return Answer(200, {"predictions": self.predict(json.loads(body))})
            except (Refusal, ValueError) as refusal:
                return Answer(400, {"error": str(refusal)})
        if path in (MODEL, f"{MODEL}/versions/1") and method == "GET":
            return Answer(200, STATUS)
        if path == f"{MODEL}/metadata" and method == "GET":
            return Answer(200, metadata())
        if path.startswith("/v1/models/") and MODEL not in path:
            return Answer(404, {"error": "Servable not found for request: Latest(x)"})
        return Answer(400, {"error": f"Malformed request: {method} {path}"})

    def predict(self, request):
        """Returns the predictions, or raises `Refusal`."""
        signature = request.get("signature_name", "serving_default")
        signature = "sample" if signature == "serving_default" else signature
        instances = request.get("instances")
        if not instances:
            raise Refusal("JSON Value: {} No values in 'instances' array")
        if signature not in INPUTS:
            raise Refusal(
                f'Serving signature name: "{signature}" not found in signature def'
            )
        inputs = INPUTS[signature]
        rows = [as_row(k, instance, inputs) for k, instance in enumerate(instances)]
        self.requests.append((signature, rows))
        return [self.predict_row(signature, row) for row in rows]

    def predict_row(self, signature, row):
        """Returns a prediction: its colour tells the row, its size is the real one."""
        if row.get("start_scale", -1) > 9 or row.get("height", 0) > 4096:
            raise Refusal("assertion failed: [out of range]")
        signature = signature.removesuffix("_options")
        if "height" in row:
            signature = "sample_size"
        if signature == "animate":
            count = row["frames"] or 5
            if count > 500:
                raise Refusal("assertion failed: [`frames` must be from 1 to 500.]")
            frames = [png(colour=(40 * k % 256, 0, 0)) for k in range(count)]
            return [as_b64(data) for data in [*frames, b""]]
        if signature in ("sample", "reconstruct"):
            colour = (row.get("seed", 0) % 256, row["index"] % 256, 0)
            return as_b64(png(colour=colour))
        if signature == "sample_size":
            return as_b64(png((row["width"] or 6, row["height"] or 4)))
        if signature == "extend":
            width, height = size_of(row["image_bytes"] or png())
            across = [_pixels(row[side], width) for side in ("left", "right")]
            down = [_pixels(row[side], height) for side in ("top", "bottom")]
            return as_b64(png((width + sum(across), height + sum(down))))
        if signature == "vary":
            colour = (row["seed"] % 256, row["index"] % 256, 0)
            return as_b64(png(size_of(row["image_bytes"] or png()), colour))
        factor = 1
        if signature == "super_resolution":
            factor = row["factor"] or 4
        width, height = size_of(row["image_bytes"])
        if not factor * max(width, height) <= 4096:
            raise Refusal(
                f"assertion failed: [factor is too large, got] [{factor}]\n\t [["
                "{{node Assert/Assert}}]]\n\t [[super_resolution]]"
            )
        return as_b64(png((round(factor * width), round(factor * height))))


def _pixels(pad, side):
    return round(-pad * side if pad < 0 else pad)


def size_of(data):
    """Returns the (width, height) of a PNG or JPEG, or raises `Refusal`."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as image:
            if max(image.size) > 4096:
                raise Refusal("assertion failed: [The image must be smaller]")
            image.load()
            return image.size
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refusal("assertion failed: [A PNG or JPEG must be whole]") from error


STATUS = {
    "model_version_status": [
        {
            "version": "1",
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
    ]
}


def metadata():
    """Returns the metadata of the model, in TensorFlow Serving's form."""
    names = {int: "DT_INT32", float: "DT_FLOAT", bytes: "DT_STRING"}

    def tensor(dtype, rank=1):
        sides = [{"size": "-1", "name": ""}] * rank
        return {
            "dtype": dtype,
            "tensor_shape": {"dim": sides, "unknown_rank": False},
            "name": "x:0",
        }

    signatures = {"__saved_model_init_op": {"inputs": {}, "outputs": {}}}
    for signature, inputs in (INPUTS | {"serving_default": INPUTS["sample"]}).items():
        frames = signature == "animate"
        signatures[signature] = {
            "inputs": {
                key: tensor("DT_INT64" if key.endswith("seed") else names[kind])
                for key, kind in inputs.items()
            },
            "outputs": {
                "frames_bytes" if frames else "image_bytes": tensor(
                    "DT_STRING", 1 + frames
                )
            },
            "method_name": "tensorflow/serving/predict",
        }
    return {
        "model_spec": {"name": "singan", "signature_name": "", "version": "1"},
        "metadata": {"signature_def": {"signature_def": signatures}},
    }


def as_b64(data):
    """Returns bytes as TensorFlow Serving writes them."""
    return {"b64": base64.b64encode(data).decode()}


def as_row(index, instance, inputs):
    """Reads an instance with TensorFlow Serving's strictness."""
    if len(inputs) == 1:
        instance = {next(iter(inputs)): instance}
    if not isinstance(instance, dict) or set(instance) != set(inputs):
        raise Refusal(
            f"Failed to process element: {index} of 'instances' list. JSON object: "
            f"keys must be equal to: {','.join(sorted(inputs))}"
        )
    return {key: as_value(instance[key], kind) for key, kind in inputs.items()}


def as_value(value, kind):
    """Reads a value of a type, with TensorFlow Serving's strictness."""
    if kind is bytes and isinstance(value, dict) and set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    if kind is int and type(value) is int:
        return value
    if kind is float and type(value) in (int, float):
        return value
    raise Refusal(f"JSON Value: {value} Type: x is not of expected type: {kind}")


@contextlib.contextmanager
def fake_server():
    """Runs a `FakeServer` in a thread; yields it."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler()) as httpd:
        server = httpd.RequestHandlerClass.server_double = FakeServer(httpd.server_port)
        thread = threading.Thread(target=httpd.serve_forever, args=[0.01], daemon=True)
        thread.start()
        try:
            yield server
        finally:
            httpd.shutdown()
            thread.join()


def handler():
    """Makes a handler class of its own for each server."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server = self.server_double
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server.seen.append((self.command, self.path, self.headers))
            answer = server.script.pop(0) if server.script else None
            if callable(answer):
                answer(self)
                return
            if answer is None:
                answer = server.answer(self.command, self.path, self.headers, body)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(answer.length))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET

        def log_message(self, *args):
            pass

    return Handler


def only(server):
    """Returns the signature and the row of the one request that was sent."""
    ((signature, (row,)),) = server.requests
    return signature, row


def patient(sleeps, count=4, draw=lambda: 1.0, **kwargs):
    """Returns `Retries` that note their pauses instead of making them."""
    return Retries(count, sleep=sleeps.append, draw=draw, **kwargs)

"""Good answers over HTTP: their JSON becomes images, states and signatures."""

import base64
import contextlib
import json

from keras_singan.client.failures import no_serving
from keras_singan.client.one_line import one_line
from keras_singan.errors import ServingError


def read_json(address, status, body):
    """Parses the JSON of a good answer.

    Raises:
        ServingError: If it is none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise no_serving(address, status, body) from None


def read_predictions(address, answer, rows):
    """Returns the encoded images of an answer to `instances`.

    Args:
        address: The `Address` that was asked.
        answer: The parsed JSON.
        rows: How many rows were sent.

    Returns:
        List of `bytes`, or of lists of `bytes`, one a row.

    Raises:
        ServingError: If there are not as many, or other things than images.
    """
    with _expecting(address.server, f"{rows} encoded images or lists of them"):
        values = answer["predictions"]
        if len(values) != rows:
            raise ValueError(f"{len(values)} of them")
        return [_encoded(value) for value in values]


def read_status(server, answer):
    """Returns the versions in a model's status, as `TaskClient.status` says.

    Raises:
        ServingError: If the answer is no status.
    """
    with _expecting(server, "a model's status"):
        return [
            {
                "version": int(entry.get("version", 0)),
                "state": one_line(entry["state"], 60),
                "error": one_line(entry.get("status", {}).get("error_message", "")),
            }
            for entry in answer["model_version_status"]
        ]


def read_metadata(server, answer):
    """Returns the signatures of a model, as `TaskClient.metadata` says.

    Raises:
        ServingError: If the answer is no metadata.
    """
    with _expecting(server, "a model's metadata"):
        signatures = answer["metadata"]["signature_def"]["signature_def"]
        return {
            "name": one_line(answer["model_spec"]["name"], 200),
            "version": int(answer["model_spec"]["version"]),
            "signatures": {
                one_line(name, 200): {
                    "inputs": _tensors(signature.get("inputs", {})),
                    "outputs": _tensors(signature.get("outputs", {})),
                }
                for name, signature in sorted(signatures.items())
                if not name.startswith("__")
            },
        }


def _tensors(tensors):
    return {
        one_line(name, 200): _tensor(tensor) for name, tensor in sorted(tensors.items())
    }


def _tensor(tensor):
    shape = tensor.get("tensor_shape", {})
    sizes = [int(side.get("size", 0)) for side in shape.get("dim", [])]
    dtype = one_line(tensor["dtype"], 60).removeprefix("DT_").lower()
    return {
        "dtype": {"float": "float32", "double": "float64"}.get(dtype, dtype),
        "shape": None if shape.get("unknown_rank") else sizes,
    }


def _encoded(value):
    if isinstance(value, dict) and len(value) == 1 and "b64" not in value:
        (value,) = value.values()
    if isinstance(value, list):
        return [_from_base64(item) for item in value]
    return _from_base64(value)


def _from_base64(value):
    return base64.b64decode(value["b64"], validate=True)


@contextlib.contextmanager
def _expecting(server, what):
    """Turns whatever goes wrong with strange JSON into one `ServingError`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        text = one_line(error, 100)
        raise ServingError(
            f"The server at {server} must answer with {what}, as one with a model of "
            f"keras-singan export does. Received: another answer ({text})."
        ) from error

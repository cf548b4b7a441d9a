"""TensorFlow Serving's REST interface: paths, verbs, answers. No sockets here."""

import dataclasses
import re
import urllib.parse

from keras_singan.server.json_codec.answer import write_error
from keras_singan.server.json_codec.answer import write_outputs
from keras_singan.server.json_codec.request import parse_request
from keras_singan.server.json_codec.request import read_inputs
from keras_singan.server.json_codec.values import INT64
from keras_singan.server.json_codec.values import JsonObject
from keras_singan.server.json_codec.values import dump
from keras_singan.server.json_codec.values import type_name
from keras_singan.server.metadata import metadata_json
from keras_singan.server.metadata import status_json
from keras_singan.server.metadata import status_response
from keras_singan.server.servables.prediction import predict
from keras_singan.server.signature_types import resolved_name
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception
from keras_singan.server.status_codes import invalid

_VERSION = r"(?:(?:/versions/([0-9]+))|(?:/labels/([^/:]+)))"
_PREDICT = re.compile(
    rf"(?i:/v1/models/([^/:]+){_VERSION}?:(classify|regress|predict))"
)
_STATUS = re.compile(rf"(?i:/v1/models(?:/([^/:]+))?{_VERSION}?(?:/(metadata))?)")
_METHODS = {"classify": "classification", "regress": "regression"}


@dataclasses.dataclass
class Answer:
    """An HTTP answer, and what the metrics want to know of it.

    Attributes:
        http: The HTTP status.
        body: Bytes.
        code: Name of TensorFlow's status code.
        model: The model's name, as the request has it.
        method: `predict`, `classify` or `regress`; "" for what only reads.
        content_type: Of the body.
    """

    http: int
    body: bytes
    code: str = "OK"
    model: str = ""
    method: str = ""
    content_type: str = "application/json"


class Rest:
    """Answers requests for one served model.

    Args:
        versions: `Versions`.
        record: Function that is told how many seconds a graph ran.
    """

    def __init__(self, versions, record=None):
        self._versions = versions
        self._record = record

    def answer(self, method, target, body, deadline):
        """Answers a request.

        Args:
            method: `GET`, `POST` or another, in capitals.
            target: Path and query, as they came.
            body: Bytes.
            deadline: `Deadline`.

        Returns:
            An `Answer`; errors are answers too.
        """
        try:
            return self._answer(method, target, body, deadline)
        except Exception as error:
            return error_answer(from_exception(error), *subject(method, target))

    def _answer(self, method, target, body, deadline):
        pattern = {"POST": _PREDICT, "GET": _STATUS}.get(method)
        match = pattern.fullmatch(target) if pattern else None
        # The path may be in capitals, but the verb is looked up as it is.
        if not match or (method == "POST" and match[4] not in ("predict", *_METHODS)):
            raise invalid(f"Malformed request: {method} {target}")
        name, version, label, what = match.groups()
        if version is not None:
            digits = version.lstrip("0") or "0"
            if len(digits) > 19 or (version := int(digits)) > INT64[1]:
                # TensorFlow Serving returns before it has written the message.
                return Answer(400, b"", "INVALID_ARGUMENT")
        where = (_decoded(name or ""), version, label and _decoded(label))
        if method == "GET":
            return Answer(200, self._read(where, what).encode())
        serve = self._predict if what == "predict" else self._refuse
        return Answer(200, serve(where, body, deadline, what), "OK", where[0], what)

    def _read(self, where, what):
        name, version, _ = where
        if not name:
            raise invalid("Missing model name in request.")
        # As the verb: in capitals it asks for the status.
        if what != "metadata":
            return status_json(status_response(self._versions, name, version))
        with self._versions.model(*where) as model:
            return metadata_json(model, name)

    def _predict(self, where, body, deadline, what):
        document, signature_name = parse_request(body)
        with self._versions.model(*where) as model:
            name = resolved_name(signature_name)
            if name not in model.signatures:
                raise invalid(
                    f'Serving signature name: "{name}" not found in signature def'
                )
            inputs = model.signatures[name].inputs
            types = {alias: inputs[alias].dtype for alias in sorted(inputs)}
            arrays, rows = read_inputs(document, signature_name, types)
            left = deadline.remaining()
            outputs = predict(model, name, arrays, left, record=self._record)
        return write_outputs(outputs, rows)

    def _refuse(self, where, body, deadline, what):
        document, name = parse_request(body)
        _check_examples(document)
        with self._versions.model(*where) as model:
            name = resolved_name(name)
            if name not in model.signatures:
                raise invalid(f"No signature was found with the name: {name}")
            method = model.signatures[name].method_name
        if method != f"tensorflow/serving/{what}":
            raise invalid(
                f"Expected {_METHODS[what]} signature method_name to be "
                f"tensorflow/serving/{what}. Was: {method}"
            )
        raise StatusError("UNIMPLEMENTED", f"{what} is not served here: use predict.")


def subject(method, target):
    """Returns the model's name and the verb of a request, for the metrics.

    Both are "" where a request has none.
    """
    match = _PREDICT.fullmatch(target) if method == "POST" else None
    return (_decoded(match[1]), match[4].lower()) if match else ("", "")


def error_answer(error, model="", method=""):
    """Returns the `Answer` for a `StatusError`."""
    return Answer(error.http, write_error(error.message), error.code, model, method)


def _decoded(text):
    return urllib.parse.unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def _check_examples(document):
    found = document.find("examples")
    if not found:
        problem = (
            "When method is classify, key 'examples' is expected and was not found"
        )
    elif not isinstance(found[0], list):
        problem = "Expecting 'examples' value to be an list/array"
    elif not found[0]:
        problem = "'examples' value is an empty array"
    else:
        for example in (*document.find("context"), *found[0]):
            if not isinstance(example, JsonObject):
                raise invalid(
                    f"Example must be JSON object but got JSON {type_name(example)}"
                )
        return
    raise invalid(f"JSON Value: {dump(document)} {problem}")

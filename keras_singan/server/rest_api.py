"""TensorFlow Serving's REST interface: paths, verbs, answers. No sockets here."""

import dataclasses
import functools
import re
import urllib.parse

from keras_singan.server.json_codec.answer import write_error
from keras_singan.server.json_codec.answer import write_outputs
from keras_singan.server.json_codec.reading_process import is_slow_to_read
from keras_singan.server.json_codec.request import parse_request
from keras_singan.server.json_codec.request import read_predict
from keras_singan.server.json_codec.values import INT64
from keras_singan.server.json_codec.values import JsonObject
from keras_singan.server.json_codec.values import dump
from keras_singan.server.json_codec.values import type_name
from keras_singan.server.metadata import metadata_json
from keras_singan.server.metadata import status_json
from keras_singan.server.metadata import status_response
from keras_singan.server.servables.prediction import begin
from keras_singan.server.servables.prediction import predict
from keras_singan.server.signature_types import SignatureTypes
from keras_singan.server.signature_types import resolved_name
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception
from keras_singan.server.status_codes import invalid

_VERSION = r"(?:(?:/versions/([0-9]+))|(?:/labels/([^/:]+)))"
_PREDICT = re.compile(
    rf"(?i:/v1/models/([^/:]+){_VERSION}?:(classify|regress|predict))"
)
_STATUS = re.compile(rf"(?i:/v1/models(?:/([^/:]+))?{_VERSION}?(?:/(metadata))?)")
# A message may quote a name from the request, of any length.
_MESSAGE_CHARACTERS = 1 << 16
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
        retry_after: Seconds after which the client may try again.
    """

    http: int
    body: bytes
    code: str = "OK"
    model: str = ""
    method: str = ""
    content_type: str = "application/json"
    retry_after: float = 0.0


# TensorFlow Serving returns before it has written the message.
_EMPTY = Answer(400, b"", "INVALID_ARGUMENT")


class Rest:
    """Answers requests for one served model.

    Args:
        versions: `Versions`.
        reading_process: `ReadingProcess`.
        record: Function that is told how many seconds a graph ran.
    """

    def __init__(self, versions, reading_process, record=None):
        self._versions, self._process = versions, reading_process
        self._record = record

    def answer(self, method, target):
        """Answers a request that is no POST: a status, metadata, or an error.

        Args:
            method: `GET` or another, in capitals.
            target: Path and query, as they came.

        Returns:
            An `Answer`; errors are answers too.
        """
        return self._caught(method, target, self._get)

    def predict(self, target, body, deadline):
        """Answers a POST request, or begins to.

        Args:
            target: Path and query, as they came.
            body: Bytes.
            deadline: `Deadline`.

        Returns:
            An `Answer`; errors are answers too. Or a `Continuation`, which gives
            one.
        """
        return self._caught("POST", target, self._post, body, deadline)

    def _caught(self, method, target, function, *args):
        try:
            return function(method, target, *args)
        except Exception as error:
            return error_answer(from_exception(error), *subject(method, target))

    def _get(self, method, target):
        match = _STATUS.fullmatch(target) if method == "GET" else None
        if not match:
            raise _malformed(method, target)
        where, what = _where(match)
        return _EMPTY if where is None else Answer(200, self._read(where, what))

    def _post(self, method, target, body, deadline):
        match = _PREDICT.fullmatch(target)
        # The path may be in capitals, but the verb is looked up as it is.
        if not match or match[4] not in ("predict", *_METHODS):
            raise _malformed(method, target)
        where, what = _where(match)
        if where is None:
            return _EMPTY
        if what != "predict":
            raise self._refuse(where, body, what)
        request = self._read_predict(where, body, deadline)
        run = functools.partial(
            self._caught, method, target, self._run, where, request, deadline
        )
        return self._begin(where, request, deadline, run)

    def _read(self, where, what):
        name, version, _ = where
        if not name:
            raise invalid("Missing model name in request.")
        # As the verb: in capitals it asks for the status.
        if what != "metadata":
            return status_json(status_response(self._versions, name, version)).encode()
        with self._versions.model(*where) as model:
            return metadata_json(model, name).encode()

    def _read_predict(self, where, body, deadline):
        try:
            with self._versions.model(*where) as model:
                types = SignatureTypes(model.input_types)
        except StatusError as error:
            types = SignatureTypes({}, error)
        if is_slow_to_read(body):
            return self._process.read(body, types, deadline)
        return read_predict(body, types)

    def _begin(self, where, request, deadline, run):
        with self._versions.model(*where) as model:
            return begin(model, resolved_name(request[0]), request[1], deadline, run)

    def _run(self, method, target, where, request, deadline):
        signature_name, arrays, rows = request
        with self._versions.model(*where) as model:
            outputs = predict(
                model,
                resolved_name(signature_name),
                arrays,
                deadline.remaining(),
                record=self._record,
            )
        body = write_outputs(outputs, rows, deadline.remaining)
        return Answer(200, body, "OK", where[0], "predict")

    def _refuse(self, where, body, what):
        """Returns the error of a verb that is not served."""
        unserved = StatusError(
            "UNIMPLEMENTED", f"{what} is not served here: use predict."
        )
        if is_slow_to_read(body):
            return unserved
        document, name = parse_request(body)
        _check_examples(document)
        name = resolved_name(name)
        with self._versions.model(*where) as model:
            if name not in model.signatures:
                return invalid(f"No signature was found with the name: {name}")
            method = model.signatures[name].method_name
        if method != f"tensorflow/serving/{what}":
            return invalid(
                f"Expected {_METHODS[what]} signature method_name to be "
                f"tensorflow/serving/{what}. Was: {method}"
            )
        return unserved


def _malformed(method, target):
    return invalid(f"Malformed request: {method} {target}")


def _where(match):
    """Returns (name, version, label) and what is asked for.

    The first is `None` where the version has more than 64 bits.
    """
    name, version, label, what = match.groups()
    if version is not None:
        digits = version.lstrip("0") or "0"
        if len(digits) > 19 or (version := int(digits)) > INT64[1]:
            return None, what
    return (_decoded(name or ""), version, label and _decoded(label)), what


def subject(method, target):
    """Returns the model's name and the verb of a request, for the metrics.

    Both are "" where a request has none.
    """
    match = _PREDICT.fullmatch(target) if method == "POST" else None
    return (_decoded(match[1]), match[4].lower()) if match else ("", "")


def error_answer(error, model="", method=""):
    """Returns the `Answer` for a `StatusError`."""
    message = error.message
    if len(message) > _MESSAGE_CHARACTERS:
        message = message[:_MESSAGE_CHARACTERS] + "...TRUNCATED"
    return Answer(
        error.http,
        write_error(message),
        error.code,
        model,
        method,
        retry_after=error.retry_after,
    )


def _decoded(text):
    return urllib.parse.unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def _check_examples(document):
    examples = document.find("examples")
    if not examples:
        problem = (
            "When method is classify, key 'examples' is expected and was not found"
        )
    elif not isinstance(examples[0], list):
        problem = "Expecting 'examples' value to be an list/array"
    elif not examples[0]:
        problem = "'examples' value is an empty array"
    else:
        for example in (*document.find("context"), *examples[0]):
            if not isinstance(example, JsonObject):
                raise invalid(
                    f"Example must be JSON object but got JSON {type_name(example)}"
                )
        return
    raise invalid(f"JSON Value: {dump(document)} {problem}")

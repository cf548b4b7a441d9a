"""The two formats of a predict request: rows (`instances`), columns (`inputs`)."""

from keras_singan.server.json_codec.parse import parse_json
from keras_singan.server.json_codec.tensor_reader import TensorFiller
from keras_singan.server.json_codec.tensor_reader import array_of
from keras_singan.server.json_codec.tensor_reader import is_base64
from keras_singan.server.json_codec.values import JsonObject
from keras_singan.server.json_codec.values import dump
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import invalid


def parse_request(body):
    """Reads what every predict, classify or regress request has.

    Args:
        body: Bytes.

    Returns:
        The document, a `JsonObject`, and the signature's name ("" if none is given).

    Raises:
        StatusError: If it is no JSON, no object, or the name is no string.
    """
    document = parse_json(body)
    if not isinstance(document, JsonObject):
        raise invalid(f"JSON Value: {dump(document)} Is not object")
    for name in document.find("signature_name"):
        if not isinstance(name, str):
            raise invalid(
                f"JSON Value: {dump(document)} not formatted correctly. "
                "'signature_name' key must be a string value."
            )
        return document, name
    return document, ""


def read_predict(body, types):
    """Reads a predict request.

    Args:
        body: Bytes.
        types: `SignatureTypes`.

    Returns:
        The signature's name as the request has it, a dictionary of arrays by alias,
        and whether the request is in rows.

    Raises:
        StatusError: If it is no JSON, or does not fit the signature.
    """
    document, signature_name = parse_request(body)
    arrays, rows = read_inputs(document, signature_name, types.of(signature_name))
    return signature_name, arrays, rows


def read_inputs(document, signature_name, types):
    """Reads the tensors of a predict request.

    Args:
        document: The request, a `JsonObject`.
        signature_name: The signature's name as the request has it.
        types: Dictionary of the signature's inputs: number of the type by name.

    Returns:
        Dictionary of arrays by name, and whether the request is in rows.

    Raises:
        StatusError: If it does not fit the signature.
    """
    if not types:
        raise invalid(
            f"Failed to get input map for signature: {signature_name or 'DEFAULT'}"
        )
    instances, inputs = document.find("instances"), document.find("inputs")
    if instances and inputs:
        raise _format_error(
            document,
            "Not formatted correctly expecting only one of 'inputs' or 'instances' "
            "keys to exist ",
        )
    if inputs:
        return _read_columns(inputs[0], types), False
    if not instances:
        raise invalid("Missing 'inputs' or 'instances' key")
    if not isinstance(instances[0], list):
        raise _format_error(document, "Expecting 'instances' to be an list/array")
    if not instances[0]:
        raise _format_error(document, "No values in 'instances' array")
    return _read_rows(instances[0], types), True


def _format_error(document, message):
    return invalid(f"JSON Value: {dump(document)} {message}")


def _read_columns(value, types):
    if not isinstance(value, JsonObject) or is_base64(value):
        if len(types) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        value = JsonObject([(next(iter(types)), value)])
    arrays = {}
    for name, dtype in types.items():
        values = value.find(name)
        if not values:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
        filler = TensorFiller(dtype)
        filler.add(values[0])
        arrays[name] = array_of(filler.values, filler.shape, dtype)
    return arrays


def _read_rows(rows, types):
    if not isinstance(rows[0], JsonObject) and len(types) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    columns = _Columns(types)
    named = _is_named(rows[0])
    for index, row in enumerate(rows):
        if named != _is_named(row):
            expected, got = ("object", "list") if named else ("value/list", "object")
            raise invalid(
                f"Expecting {expected} but got {got} at item {index} of input list"
            )
        read = columns.add_named if named else columns.add_plain
        read(index, row)
    return columns.arrays(len(rows))


def _is_named(row):
    return isinstance(row, JsonObject) and not is_base64(row)


class _Columns:
    """The inputs' values over the rows; every row must have the first one's shape."""

    def __init__(self, types):
        self._types = types
        self._fillers = {}
        self._first = {}

    def arrays(self, count):
        return {
            name: array_of(
                filler.values, (count, *self._first[name][1]), self._types[name]
            )
            for name, filler in self._fillers.items()
        }

    def add_plain(self, index, value):
        try:
            self._add(next(iter(self._types)), value)
        except StatusError as error:
            raise self._failed(index, f"of 'instances' list. Error: {error}") from None

    def add_named(self, index, row):
        for name, value in row:
            try:
                self._add(name, value)
            except StatusError as error:
                raise self._failed(
                    index, f"key: {name} of 'instances' list. Error: {error}"
                ) from None
        if {name for name, _ in row} != set(self._types):
            raise self._failed(
                index,
                f"of 'instances' list. JSON object: {dump(row)} keys must be equal to: "
                f"{','.join(sorted(self._types))}",
            )

    def _failed(self, index, message):
        return invalid(f"Failed to process element: {index} {message}")

    def _add(self, name, value):
        if name not in self._types:
            raise invalid(f"JSON object: does not have named input: {name}")
        filler = self._fillers.setdefault(name, TensorFiller(self._types[name]))
        before = len(filler.values)
        filler.add(value)
        size = len(filler.values) - before
        first_size, first_shape = self._first.setdefault(name, (size, filler.shape))
        if size != first_size:
            raise invalid(f"Expecting tensor size: {first_size} but got: {size}")
        if filler.shape != first_shape:
            raise invalid(
                f"Expecting shape {_text(first_shape)} but got: {_text(filler.shape)}"
            )


def _text(shape):
    return f"[{','.join(map(str, shape))}]"

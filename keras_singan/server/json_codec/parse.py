"""JSON as TensorFlow Serving reads it, by the standard library.

Whole numbers and decimals stay apart. `NaN` and `Infinity` are numbers. Doubled
keys are kept. Bytes need not be UTF-8. Text after the value is ignored. Broken
JSON has TensorFlow Serving's status, prefix and offset; the words between are
Python's.
"""

import json
import math
import re

from keras_singan.server.json_codec.values import JsonObject
from keras_singan.server.status_codes import invalid

# Each takes some sixty bytes of memory, however short its text is.
_MOST_CONTAINERS = 3_000_000
# A double has at most 309 digits before the point.
_WHOLE_DIGITS = 300
_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(r"[ \t\n\r]*")
# A surrogate pair; or half of one, which is a group; or any other escape.
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"%s%s|(%s|%s)|\\." % (_HIGH, _LOW, _HIGH, _LOW), re.DOTALL)


def parse_json(body):
    """Reads the JSON value at the start of a request's body.

    Args:
        body: Bytes.

    Returns:
        `None`, `bool`, `int`, `float`, `str`, `list` or `JsonObject`. Text's bytes
        that are no UTF-8 are kept as surrogates (`surrogateescape`).

    Raises:
        StatusError: INVALID_ARGUMENT, "JSON Parse error: ...".
    """
    if not body:
        raise _parse_error("The document is empty")
    if body.count(b"[") + body.count(b"{") > _MOST_CONTAINERS:
        raise _parse_error("Too many lists and objects.", 0)
    _check_surrogates(body)
    text = body.removeprefix(_BOM).decode("utf-8", "surrogateescape")
    start = _SPACE.match(text).end()
    if start == len(text):
        raise _parse_error("The document is empty.", len(body))
    try:
        return _DECODER.raw_decode(text, start)[0]
    except json.JSONDecodeError as error:
        before = text[: error.pos].encode("utf-8", "surrogateescape")
        offset = len(before) + len(body) - len(body.removeprefix(_BOM))
        raise _parse_error(f"{error.msg}.", offset) from None
    except RecursionError:
        raise _parse_error("Nested too deeply.", 0) from None


def _parse_error(message, offset=None):
    where = "" if offset is None else f" at offset: {offset}"
    return invalid(f"JSON Parse error: {message}{where}")


def _check_surrogates(body):
    # Python lets half of a surrogate pair through.
    if b"\\ud" not in body and b"\\uD" not in body:
        return
    for escape in _ESCAPE.finditer(body):
        if escape[1]:
            raise _parse_error(
                "The surrogate pair in string is invalid.", escape.start()
            )


def _decimal_number(text):
    value = float(text)
    if math.isinf(value):
        raise _parse_error("Number too big to be stored in double.")
    return value


def _whole_number(text):
    # One beyond 64 bits acts as a decimal everywhere.
    return int(text) if len(text) < _WHOLE_DIGITS else _decimal_number(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=JsonObject, parse_float=_decimal_number, parse_int=_whole_number
)

"""JSON as TensorFlow Serving reads it: RapidJSON's grammar, errors and looseness.

Whole numbers and decimals stay apart, `NaN` and `Infinity` are numbers, doubled
keys are kept, bytes need not be UTF-8, and what follows the value is ignored.
Python's own scanner reads the ordinary text, which is nearly all there is; the
slow, exact parser takes what that one refuses.
"""

import json
import re

from keras_singan.server.json_codec.exact import ParseError
from keras_singan.server.json_codec.exact import decimal_number
from keras_singan.server.json_codec.exact import parse_exactly
from keras_singan.server.json_codec.exact import whole_number
from keras_singan.server.json_codec.values import JsonObject
from keras_singan.server.status_codes import invalid

# Beyond it the exact parser would take seconds to say where the error is.
_EXACT_BYTES = 1 << 20
# Each takes some sixty bytes of memory, however short its text is.
_MOST_CONTAINERS = 3_000_000
_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(r"[ \t\n\r]*")
# Half of a surrogate pair may be missing.
_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
# May be more than a double holds.
_LARGE = re.compile(rb"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")


_USUAL = json.JSONDecoder(object_pairs_hook=JsonObject)
_CHECKED = json.JSONDecoder(
    object_pairs_hook=JsonObject, parse_float=decimal_number, parse_int=whole_number
)


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
        raise invalid("JSON Parse error: The document is empty")
    try:
        return _parse(body)
    except ParseError as error:
        raise invalid(f"JSON Parse error: {error} at offset: {error.offset}") from None


def _parse(body):
    if body.count(b"[") + body.count(b"{") > _MOST_CONTAINERS:
        raise ParseError("Too many lists and objects.", 0)
    small = len(body) <= _EXACT_BYTES
    if small and _PAIR.search(body):
        return parse_exactly(body)
    text = body.removeprefix(_BOM).decode("utf-8", "surrogateescape")
    decoder = _CHECKED if _LARGE.search(body) else _USUAL
    try:
        return decoder.raw_decode(text, _SPACE.match(text).end())[0]
    except (ValueError, RecursionError) as error:
        if small:
            return parse_exactly(body)
        raise ParseError("Invalid value.", getattr(error, "pos", 0)) from None

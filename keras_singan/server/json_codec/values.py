"""JSON values in memory, and their names and texts in error messages."""

import decimal
import math
import re
import struct

from keras_singan.server.json_codec.writer import JsonWriter

INT64 = (-(1 << 63), (1 << 63) - 1)
_FLOAT_MAX = 3.4028234663852886e38
_DUMP_CHARACTERS = 256


class JsonObject(tuple):
    """A JSON object: pairs of key and value, doubled keys included."""

    __slots__ = ()

    def find(self, key):
        """Returns `(value,)` of the first pair with this key, or `()`."""
        return next(((value,) for name, value in self if name == key), ())


def is_integer(value):
    """Returns whether a value is a whole number of at most 64 bits.

    Larger ones are decimals: that is how RapidJSON stores them.
    """
    return type(value) is int and INT64[0] <= value < 1 << 64


def is_number(value):
    """Returns whether a value is a number (`true` and `false` are not)."""
    return type(value) in (int, float)


def type_name(value):
    """Returns RapidJSON's name of a value's type."""
    if value is None or isinstance(value, bool):
        return {None: "Null", False: "False", True: "True"}[value]
    if isinstance(value, str):
        return "String"
    if isinstance(value, JsonObject):
        return "Object"
    return "Array" if isinstance(value, list) else "Number"


def decimal_text(value, single=True):
    """Writes a number as answers hold it: short, but exact when read again.

    Args:
        value: A float.
        single: Whether it is of 32 bits, else 64. Defaults to `True`.

    Returns:
        `%.6g`, or where that is another number `%.9g` (`%.17g` for 64 bits), with
        a decimal point or an exponent; `NaN`, `Infinity` or `-Infinity`.
    """
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.6g}"
    if _rounded(float(text), single) != value:
        text = f"{value:.9g}" if single else f"{value:.17g}"
    return text if "." in text or "e" in text else text + ".0"


def _rounded(value, single):
    if not single:
        return value
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def dump(value):
    """Writes a value for an error message: indented, lists on one line.

    What is longer than 256 characters is cut there, and ends with `...`.
    """
    if is_number(value) and not is_integer(value):
        value = float(value)
        single = abs(value) <= _FLOAT_MAX
        return decimal_text(_rounded(value, single), single)
    writer = JsonWriter(limit=_DUMP_CHARACTERS)
    writer.single_line = True
    try:
        _write(writer, value)
    except _Unwritable:
        # RapidJSON stops at NaN and infinities inside of lists and objects.
        pass
    except JsonWriter.Full:
        return writer.text()[:_DUMP_CHARACTERS] + "..."
    return writer.text()


class _Unwritable(Exception):
    pass


def _write(writer, value):
    if isinstance(value, list):
        writer.start_array()
        for item in value:
            _write(writer, item)
        writer.end_array()
    elif isinstance(value, JsonObject):
        writer.start_object()
        for key, item in value:
            writer.string(key)
            _write(writer, item)
        writer.end_object()
    elif isinstance(value, str):
        writer.string(value)
    else:
        writer.raw(_token(writer, value))


def _token(writer, value):
    if value is None or isinstance(value, bool):
        return {None: "null", False: "false", True: "true"}[value]
    if is_integer(value):
        return str(value)
    if not math.isfinite(value):
        writer.prefix()
        raise _Unwritable
    return _shortest(float(value))


def _shortest(value):
    # RapidJSON's Grisu2: the shortest digits, with an exponent from 1e21 on.
    sign, digits, exponent = decimal.Decimal(repr(abs(value))).as_tuple()
    digits = re.sub("0+$", "", "".join(map(str, digits)).lstrip("0"))
    minus = "-" if math.copysign(1, value) < 0 else ""
    if not digits:
        return f"{minus}0.0"
    point = decimal.Decimal(repr(abs(value))).adjusted() + 1
    count = len(digits)
    if count <= point <= 21:
        return f"{minus}{digits}{'0' * (point - count)}.0"
    if 0 < point <= 21:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if count > 1 else ""
    return f"{minus}{digits[0]}{tail}e{point - 1}"

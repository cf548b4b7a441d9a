"""The exact parser: RapidJSON's grammar and error texts, with their offsets."""

import math
import re

from keras_singan.server.json_codec.values import JsonObject

# A tensor has 254 dimensions at most; deeper nesting could only exhaust the stack.
_DEPTH = 200
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_INFINITE = re.compile(r"-?(?:NaN|Infinity|Inf(?!i))")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_WORDS = {"null": None, "true": True, "false": False}
_ESCAPES = dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))


class ParseError(Exception):
    """Text that is no JSON, and the byte at which that shows."""

    def __init__(self, message, offset):
        super().__init__(message)
        self.offset = offset


def whole_number(text):
    """Reads a whole number; one beyond 64 bits acts as a decimal everywhere.

    Raises:
        ValueError: If it is more than a double holds.
    """
    return int(text) if len(text) < 300 else decimal_number(text)


def decimal_number(text):
    """Reads a decimal number.

    Raises:
        ValueError: If it is more than a double holds.
    """
    value = float(text)
    if math.isinf(value):
        raise ValueError("Number too big to be stored in double.")
    return value


def parse_exactly(body):
    """Reads the JSON value at the start of `body`, which is not empty.

    Args:
        body: Bytes.

    Returns:
        As `json_text.parse_json`.

    Raises:
        ParseError: If there is none.
    """
    parser = _Parser(body)
    try:
        return parser.document()
    except RecursionError:
        raise ParseError("Nested too deeply.", parser.at) from None


class _Parser:
    def __init__(self, body):
        # One character a byte, so that offsets count bytes; NUL ends the text.
        self.text = body.decode("latin-1") + "\0"
        self.at = 0

    def document(self):
        for byte in "\xef\xbb\xbf":
            self.at += self.text[self.at] == byte
        self.skip()
        if self.text[self.at] == "\0":
            self.fail("The document is empty.")
        return self.value(0)

    def value(self, depth):
        first = self.text[self.at]
        if depth > _DEPTH:
            self.fail("Nested too deeply.")
        if first == "{":
            return JsonObject(self.items("}", self.member, depth + 1))
        if first == "[":
            return list(self.items("]", self.value, depth + 1))
        if first == '"':
            return self.string()
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        return self.number()

    def items(self, end, read, depth):
        self.at += 1
        self.skip()
        if self.take(end):
            return
        while True:
            yield read(depth)
            self.skip()
            if self.take(end):
                return
            if not self.take(","):
                kind = "an array element" if end == "]" else "an object member"
                self.fail(f"Missing a comma or {end} after {kind}.")
            self.skip()

    def member(self, depth):
        if self.text[self.at] != '"':
            self.fail("Missing a name for object member.")
        key = self.string()
        self.skip()
        if not self.take(":"):
            self.fail("Missing a colon after a name of object member.")
        self.skip()
        return key, self.value(depth)

    def string(self):
        start, parts = self.at, []
        self.at += 1
        while True:
            plain = _PLAIN.match(self.text, self.at)
            parts.append(plain[0].encode("latin-1"))
            self.at = plain.end()
            if self.take('"'):
                return b"".join(parts).decode("utf-8", "surrogateescape")
            if self.text[self.at] == "\0":
                self.fail("Missing a closing quotation mark in string.", start)
            if self.text[self.at] != "\\":
                self.fail("Invalid encoding in string.")
            parts.append(self.escape().encode("utf-8"))

    def escape(self):
        start, letter = self.at, self.text[self.at + 1]
        self.at += 2
        if letter in _ESCAPES:
            return _ESCAPES[letter]
        if letter != "u":
            self.fail("Invalid escape character in string.", start)
        code = self.hex(start)
        if 0xD800 <= code <= 0xDFFF:
            low = self.hex(start) if self.take("\\") and self.take("u") else 0
            if code > 0xDBFF or not 0xDC00 <= low <= 0xDFFF:
                self.fail("The surrogate pair in string is invalid.", start)
            code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00
        return chr(code)

    def hex(self, start):
        digits = _HEX.match(self.text, self.at)
        if not digits:
            self.fail("Incorrect hex digit after \\u escape in string.", start)
        self.at += 4
        return int(digits[0], 16)

    def number(self):
        start, infinite = self.at, _INFINITE.match(self.text, self.at)
        match = infinite or _NUMBER.match(self.text, self.at)
        if not match:
            self.fail("Invalid value.")
        self.at = match.end()
        if infinite:
            return float(match[0])
        whole, fraction, exponent = match.groups()
        if fraction == ".":
            self.fail("Missing fraction part in number.")
        if exponent and not exponent[-1].isdigit():
            self.fail("Missing exponent in number.")
        return self.stored(match[0], not (fraction or exponent), start)

    def stored(self, text, whole, start):
        try:
            return whole_number(text) if whole else decimal_number(text)
        except ValueError as error:
            self.fail(str(error), start)

    def skip(self):
        self.at = _SPACE.match(self.text, self.at).end()

    def take(self, character):
        if self.text[self.at] != character:
            return False
        self.at += 1
        return True

    def fail(self, message, offset=None):
        raise ParseError(message, self.at if offset is None else offset)

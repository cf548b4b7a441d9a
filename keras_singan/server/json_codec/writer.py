"""Indented JSON, written byte for byte as RapidJSON's PrettyWriter does."""

import re

_ESCAPED = re.compile(r'[\x00-\x1f"\\]')
_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_PARTS = 1000


def quoted(text):
    """Returns a JSON string: only quotes, backslashes and controls are escaped."""
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match):
    character = match[0]
    return _SHORT.get(character) or f"\\u{ord(character):04X}"


def encoded(text):
    """Returns the bytes of a text; what came as no UTF-8 goes as it came."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


class JsonWriter:
    """Writes one JSON value, piece by piece, with an indent of four spaces.

    Args:
        limit: Characters after which `Full` is raised. Defaults to no limit.

    Attributes:
        single_line: Whether the items of a list stay on its line. It may change
            in the midst, as TensorFlow Serving's answers want it.
    """

    class Full(Exception):
        """The text has become longer than its limit."""

    def __init__(self, limit=None):
        self.single_line = False
        self._limit, self._length = limit, 0
        # Long answers are kept as bytes: many short texts take five times as much.
        self._parts, self._bytes = [], bytearray()
        # (is a list, values so far) of each list and object that is open.
        self._levels = []

    def text(self):
        """Returns what has been written."""
        return self.body().decode("utf-8", "surrogateescape")

    def body(self):
        """Returns the bytes of what has been written."""
        self._flush()
        return bytes(self._bytes)

    def _flush(self):
        self._bytes += encoded("".join(self._parts))
        self._parts.clear()

    def start_object(self):
        """Opens an object; keys and values follow in turn."""
        self.raw("{")
        self._levels.append([False, 0])

    def end_object(self):
        """Closes the object."""
        _, count = self._levels.pop()
        self._put(f"\n{self._indent()}}}" if count else "}")

    def start_array(self):
        """Opens a list."""
        self.raw("[")
        self._levels.append([True, 0])

    def end_array(self):
        """Closes the list."""
        _, count = self._levels.pop()
        lines = count and not self.single_line
        self._put(f"\n{self._indent()}]" if lines else "]")

    def string(self, text):
        """Writes a key, or a string."""
        self.raw(quoted(text))

    def raw(self, token):
        """Writes a value that is JSON already."""
        self.prefix()
        self._put(token)

    def array(self, batches):
        """Writes a whole list.

        Args:
            batches: Iterable of non-empty lists of values that are JSON already.
        """
        self.start_array()
        gap = ", " if self.single_line else f",\n{self._indent()}"
        for number, tokens in enumerate(batches):
            if number:
                self._put(gap)
            else:
                self.prefix()
            self._put(gap.join(tokens))
        self.end_array()

    def prefix(self):
        """Writes what stands before a value, and counts it."""
        if not self._levels:
            return
        in_array, count = self._levels[-1]
        self._levels[-1][1] += 1
        line = f"\n{self._indent()}"
        if not in_array:
            self._put(": " if count % 2 else "," * (count > 0) + line)
        elif self.single_line:
            self._put(", " * (count > 0))
        else:
            self._put("," * (count > 0) + line)

    def _indent(self):
        return "    " * len(self._levels)

    def _put(self, text):
        self._parts.append(text)
        self._length += len(text)
        if len(self._parts) > _PARTS:
            self._flush()
        if self._limit is not None and self._length > self._limit:
            raise self.Full

"""TensorFlow's status codes, and the HTTP status of each."""

# Name: (number, HTTP status), as TensorFlow Serving maps them.
CODES = {
    "OK": (0, 200),
    "CANCELLED": (1, 499),
    "UNKNOWN": (2, 500),
    "INVALID_ARGUMENT": (3, 400),
    "DEADLINE_EXCEEDED": (4, 504),
    "NOT_FOUND": (5, 404),
    "ALREADY_EXISTS": (6, 409),
    "PERMISSION_DENIED": (7, 403),
    "RESOURCE_EXHAUSTED": (8, 429),
    "FAILED_PRECONDITION": (9, 400),
    "ABORTED": (10, 409),
    "OUT_OF_RANGE": (11, 400),
    "UNIMPLEMENTED": (12, 501),
    "INTERNAL": (13, 500),
    "UNAVAILABLE": (14, 503),
    "DATA_LOSS": (15, 500),
    "UNAUTHENTICATED": (16, 401),
}
_NAMES = {number: name for name, (number, _) in CODES.items()}


class StatusError(Exception):
    """A request that cannot be answered, with TensorFlow's code for it.

    Args:
        code: A name among `CODES`.
        message: The text that the client sees. Bytes that are no UTF-8 stand in
            it as surrogates (`surrogateescape`).
        http: HTTP status, where it is not the one of `code`.
        retry_after: Seconds after which the client may try again. Defaults to as
            soon as it likes.
    """

    def __init__(self, code, message, http=None, retry_after=0.0):
        super().__init__(message)
        self.code = code
        self.message = message
        self.http = CODES[code][1] if http is None else http
        self.retry_after = retry_after

    def __reduce__(self):
        return StatusError, (self.code, self.message, self.http, self.retry_after)

    @property
    def number(self):
        """The code's number, as protocol buffers hold it."""
        return CODES[self.code][0]

    def __str__(self):
        return f"{self.code}: {self.message}"


def invalid(message):
    """Returns a `StatusError` for a client's mistake."""
    return StatusError("INVALID_ARGUMENT", message)


def from_exception(error):
    """Returns the `StatusError` of any exception: TensorFlow's keep their code."""
    if isinstance(error, StatusError):
        return error
    if isinstance(error, MemoryError):
        return StatusError("RESOURCE_EXHAUSTED", "Out of memory")
    message = getattr(error, "message", None)
    number = getattr(error, "error_code", None)
    if isinstance(message, str) and number in _NAMES:
        return StatusError(_NAMES[number], message)
    return StatusError("INTERNAL", f"{type(error).__name__}: {error}")

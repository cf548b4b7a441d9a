"""A log that no stranger can fill."""

import logging
import time

_LOGGERS = ("asyncio", "concurrent.futures", "grpc", "grpc._cython.cygrpc")
_PER_MINUTE = 10
_CHARACTERS = 300


class BoundedLog(logging.Filter):
    """Lets few records a minute through, each of one short line.

    Args:
        per_minute: Records a minute; the rest is counted. Defaults to 10.
    """

    def __init__(self, per_minute=_PER_MINUTE):
        super().__init__()
        self._per_minute = per_minute
        self._minute, self._count = None, 0

    def filter(self, record):
        """Cuts a record to a line, and returns whether it is written."""
        minute = time.monotonic() // 60
        if minute != self._minute:
            dropped = max(0, self._count - self._per_minute)
            more = f" ({dropped} more in the minute before)" if dropped else ""
            self._minute, self._count = minute, 0
        else:
            more = ""
        self._count += 1
        text = " ".join(record.getMessage().split())[:_CHARACTERS]
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            text += f": {type(error).__name__}: {error}"[:_CHARACTERS]
        record.msg, record.args = "".join(filter(str.isprintable, text)) + more, ()
        record.exc_info = record.exc_text = record.stack_info = None
        return self._count <= self._per_minute


def bound_logs():
    """Bounds what the libraries below the server log; returns the undoing function."""
    limit = BoundedLog()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(limit)

    def undo():
        for logger in loggers:
            logger.removeFilter(limit)

    return undo

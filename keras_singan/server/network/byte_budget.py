"""How many bytes of requests are held at once, over all connections."""

import asyncio
import contextlib
import ctypes
import time

from keras_singan.server.status_codes import StatusError

# A body that has been on its way for longer makes room when room is short.
_SLOW_SECONDS = 2.0
# After so many bytes of requests the memory that they took goes back.
_TRIM_BYTES = 1 << 26


def give_memory_back():
    """Hands free memory back to the system; the C library keeps it otherwise."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class ByteBudget:
    """Counts the bytes of requests, from their arrival to their answers.

    It is used by the event loop's thread alone.

    Args:
        most: Most bytes that are held at once.

    Attributes:
        held: Bytes that are held now.
    """

    def __init__(self, most):
        self.most, self.held = most, 0
        self._passed = 0
        self._arriving = {}

    @contextlib.contextmanager
    def holder(self, give_up=None):
        """Yields a `Holder`; what it holds is given back at the end.

        Args:
            give_up: Function that ends the request while its body is on its way.
                Defaults to none: its bytes have come already.
        """
        holder = Holder(self)
        if give_up is not None:
            self._arriving[holder] = (time.monotonic(), give_up)
        try:
            yield holder
        finally:
            holder.arrived()
            self.held -= holder.size
            self._passed += holder.size
            if self._passed > _TRIM_BYTES:
                self._passed = 0
                asyncio.get_running_loop().run_in_executor(None, give_memory_back)

    def make_room(self, count):
        """Ends slow bodies, the oldest first, until `count` more bytes have room.

        Raises:
            StatusError: RESOURCE_EXHAUSTED, if there are none.
        """
        for holder, (start, give_up) in list(self._arriving.items()):
            if self.held + count <= self.most:
                return
            if holder.size and time.monotonic() - start > _SLOW_SECONDS:
                holder.arrived()
                give_up()
                self.held -= holder.size
                holder.size = 0
        if self.held + count > self.most:
            raise StatusError(
                "RESOURCE_EXHAUSTED", "Too many bytes are being read; try again later."
            )


class Holder:
    """The bytes of one request.

    Args:
        budget: `ByteBudget`.
    """

    def __init__(self, budget):
        self._budget, self.size = budget, 0

    def add(self, count):
        """Counts more bytes.

        Raises:
            StatusError: RESOURCE_EXHAUSTED, if there is no room for them.
        """
        if self._budget.held + count > self._budget.most:
            self._budget.make_room(count)
        self._budget.held += count
        self.size += count

    def arrived(self):
        """Tells that the body is there: nobody ends the request any more."""
        self._budget._arriving.pop(self, None)

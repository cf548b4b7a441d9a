"""The open connections: so many at most, and a slow peer makes room for another."""

import contextlib

with contextlib.suppress(ImportError):
    import resource

# Files that the model, gRPC and the rest of the process may need.
_SHARE = 3
_MOST = 512


def connection_limit():
    """Returns how many connections may be open: a third of the files, at most 512."""
    if "resource" not in globals():
        return _MOST
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(8, min(_MOST, files // _SHARE)) if files > 0 else _MOST


class Connections:
    """The open connections. A new one may take the place of the slowest peer's.

    It is used by the event loop's thread alone.

    Args:
        most: Most that are open at once.
    """

    def __init__(self, most):
        self.most = most
        # The function that ends each; and those that wait for their peers, in the
        # order in which they began to.
        self._ends, self._waiting = {}, {}

    def __len__(self):
        return len(self._ends)

    def add(self, connection, end):
        """Takes a connection in.

        Args:
            connection: Anything that can be a key.
            end: Function that ends it.

        Returns:
            Whether there was room, or has been made.
        """
        if len(self._ends) >= self.most:
            if not self._waiting:
                return False
            self.remove(next(iter(self._waiting)), end=True)
        self._ends[connection] = end
        self.waits(connection)
        return True

    def waits(self, connection):
        """Tells that a connection waits for its peer from now on."""
        if connection in self._ends:
            self._waiting.pop(connection, None)
            self._waiting[connection] = True

    def works(self, connection):
        """Tells that the server works for a connection, which must not end."""
        self._waiting.pop(connection, None)

    def remove(self, connection, end=False):
        """Takes a connection out, and ends it if asked to."""
        self._waiting.pop(connection, None)
        function = self._ends.pop(connection, None)
        if end and function is not None:
            function()

    def end_waiting(self):
        """Ends all that wait for their peers."""
        for connection in list(self._waiting):
            self.remove(connection, end=True)

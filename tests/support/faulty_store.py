"""A store in memory that fails on demand, as stores do."""

import time

import fsspec
from fsspec.implementations.memory import MemoryFileSystem


class FaultyStore(MemoryFileSystem):
    """`faulty://`: the next puts, reads and moves do what `faults` says.

    Attributes:
        faults: List of texts, taken from the front, one a put: "fail", "half"
            (half of the bytes arrive, and nobody says so), "lost" (nothing
            arrives), "slow", "moved" (moved, but the answer is lost) or "ok".
        puts: Names of everything that was ever put, or moved into its place.
    """

    protocol = "faulty"
    root_marker = ""
    store = {}
    pseudo_dirs = [""]
    faults = []
    puts = []

    def _fault(self):
        return self.faults.pop(0) if self.faults else "ok"

    def pipe_file(self, path, value, **kwargs):
        fault = self._fault()
        if fault == "fail":
            raise OSError("503 Slow Down")
        if fault == "slow":
            time.sleep(0.2)
        if fault == "lost":
            return
        self._answer_is_lost = fault == "moved"
        self.puts.append(path)
        half = value[: len(value) // 2] if fault == "half" else value
        super().pipe_file(path, half, **kwargs)

    def put_file(self, lpath, rpath, **kwargs):
        with open(lpath, "rb") as file:
            self.pipe_file(rpath, file.read())

    def mv(self, path1, path2, **kwargs):
        super().mv(path1, path2, **kwargs)
        self.puts.append(path2)
        if getattr(self, "_answer_is_lost", False):
            self._answer_is_lost = False
            raise OSError("connection reset")

    def ls(self, path, detail=True, **kwargs):
        return super().ls(path, detail=detail, **kwargs)


def fresh_store():
    """Registers `faulty://`, empty and without faults; gives the class."""
    fsspec.register_implementation("faulty", FaultyStore, clobber=True)
    FaultyStore.store.clear()
    FaultyStore.pseudo_dirs[:] = [""]
    FaultyStore.faults[:] = []
    FaultyStore.puts[:] = []
    FaultyStore.clear_instance_cache()
    return FaultyStore

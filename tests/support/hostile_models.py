"""Model files as somebody would make them who means harm."""

import contextlib
import io
import json
import tracemalloc
import zipfile

import h5py


def rewritten(file, path, change=lambda content: None, **replaced):
    """Copies a model file, its config changed and some members replaced."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                content = json.loads(data)
                change(content)
                data = json.dumps(content)
            data = replaced.get(name.split(".")[0], data)
            if data is not None:
                new.writestr(name, data)
    return path


def changed_weights(data, change):
    """Returns the bytes of an HDF5 file after a function changed it."""
    memory = io.BytesIO(data)
    with h5py.File(memory, "r+") as file:
        change(file)
    return memory.getvalue()


def weights_of_file(path):
    """Returns the bytes of the weights in a model file."""
    with zipfile.ZipFile(path) as archive:
        return archive.read("model.weights.h5")


def datasets(file):
    """Returns the names of all datasets of an open HDF5 file."""
    names = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            names.append(name)

    file.visititems(visit)
    return names


@contextlib.contextmanager
def little_memory(most=50 * 2**20):
    """Asserts that a block takes no more memory than so many bytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()

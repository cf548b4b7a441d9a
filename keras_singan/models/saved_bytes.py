"""Models and weights as bytes, in the formats of Keras, and weights from bytes.

The HDF5 library ends the whole process where a disk is full. So it writes into
memory, and `io.files` writes the bytes.
"""

import io


class _NamedMemory(io.BytesIO):
    """A file in memory. Keras chooses the format by its name."""

    def __init__(self, name, data=b""):
        super().__init__(data)
        self._name = name

    def __str__(self):
        return self._name


def model_bytes(model):
    """Returns what `model.save` writes to a `.keras` file.

    Args:
        model: A built `keras.Model`.
    """
    memory = _NamedMemory("memory.keras")
    model.save(memory)
    return memory.getvalue()


def weights_bytes(model):
    """Returns what `model.save_weights` writes to a `.weights.h5` file.

    Args:
        model: A built `keras.Model`.
    """
    memory = _NamedMemory("memory.weights.h5")
    model.save_weights(memory)
    return memory.getvalue()


def read_weights(model, data):
    """Does what `model.load_weights` does with a `.weights.h5` file.

    Args:
        model: A built `keras.Model`.
        data: The file's `bytes`.

    Raises:
        Exception: Whatever Keras and h5py raise for a damaged file.
    """
    model.load_weights(_NamedMemory("memory.weights.h5", data))

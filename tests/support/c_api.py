"""Runs requests through TensorFlow's C API, without Python's TensorFlow.

`python c_api.py MODEL REQUESTS ANSWERS`: `REQUESTS` is a pickled list of pairs of
feeds (array by the tensor's name) and the name of a tensor to fetch. Pickled to
`ANSWERS` comes a list of arrays, or of `(code, message)` where a request failed.
"""

import ctypes
import importlib.util
import pickle
import sys
from pathlib import Path

import numpy as np

# Codes of tensorflow/core/framework/types.proto.
CODES = {"float32": 1, "int32": 3, "object": 7, "int64": 9}
DTYPES = {code: dtype for dtype, code in CODES.items()}
STRING_BYTES = 24


class Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


def load_library():
    folder = Path(importlib.util.find_spec("tensorflow").origin).parent
    ctypes.CDLL(str(folder / "libtensorflow_framework.so.2"), ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"))
    for name in (
        *("NewStatus", "NewGraph", "NewSessionOptions", "LoadSessionFromSavedModel"),
        *("AllocateTensor", "TensorData", "GraphOperationByName"),
    ):
        getattr(library, f"TF_{name}").restype = ctypes.c_void_p
    for name in ("Message", "StringGetDataPointer"):
        getattr(library, f"TF_{name}").restype = ctypes.c_void_p
    for name in ("Dim", "StringGetSize", "TensorByteSize"):
        getattr(library, f"TF_{name}").restype = ctypes.c_int64
    return library


class Model:
    def __init__(self, path):
        self.tf = load_library()
        self.status = ctypes.c_void_p(self.tf.TF_NewStatus())
        self.graph = ctypes.c_void_p(self.tf.TF_NewGraph())
        tags = (ctypes.c_char_p * 1)(b"serve")
        options = ctypes.c_void_p(self.tf.TF_NewSessionOptions())
        self.session = ctypes.c_void_p(
            self.tf.TF_LoadSessionFromSavedModel(
                options, None, path.encode(), tags, 1, self.graph, None, self.status
            )
        )
        assert self.tf.TF_GetCode(self.status) == 0, self.message()

    def message(self):
        return ctypes.string_at(self.tf.TF_Message(self.status)).decode()

    def run(self, feeds, fetch):
        inputs = (Output * len(feeds))(*map(self.output, feeds))
        values = (ctypes.c_void_p * len(feeds))(*map(self.tensor, feeds.values()))
        outputs, results = (Output * 1)(self.output(fetch)), (ctypes.c_void_p * 1)()
        self.tf.TF_SessionRun(
            self.session, None, inputs, values, len(feeds), outputs, results, 1,
            None, 0, None, self.status,
        )  # fmt: skip
        for value in values:
            self.tf.TF_DeleteTensor(ctypes.c_void_p(value))
        code = self.tf.TF_GetCode(self.status)
        return (code, self.message()) if code else self.array(results[0])

    def output(self, name):
        operation, _, index = name.partition(":")
        found = self.tf.TF_GraphOperationByName(self.graph, operation.encode())
        return Output(found, int(index))

    def tensor(self, array):
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        strings = array.dtype == object
        size = array.size * (STRING_BYTES if strings else array.itemsize)
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        code = CODES[array.dtype.name]
        tensor = self.tf.TF_AllocateTensor(
            code, shape, array.ndim, ctypes.c_size_t(size)
        )
        data = self.tf.TF_TensorData(ctypes.c_void_p(tensor))
        if not strings:
            ctypes.memmove(data, array.tobytes(), size)
            return tensor
        for i, text in enumerate(array.ravel()):
            place = ctypes.c_void_p(data + i * STRING_BYTES)
            self.tf.TF_StringInit(place)
            self.tf.TF_StringCopy(place, text, ctypes.c_size_t(len(text)))
        return tensor

    def array(self, tensor):
        tensor = ctypes.c_void_p(tensor)
        rank = self.tf.TF_NumDims(tensor)
        shape = [self.tf.TF_Dim(tensor, axis) for axis in range(rank)]
        data = self.tf.TF_TensorData(tensor)
        dtype = DTYPES[self.tf.TF_TensorType(tensor)]
        if dtype != "object":
            content = ctypes.string_at(data, self.tf.TF_TensorByteSize(tensor))
            return np.frombuffer(content, dtype).reshape(shape)
        texts = np.empty(int(np.prod(shape)), object)
        for i in range(texts.size):
            place = ctypes.c_void_p(data + i * STRING_BYTES)
            texts[i] = ctypes.string_at(
                self.tf.TF_StringGetDataPointer(place), self.tf.TF_StringGetSize(place)
            )
        return texts.reshape(shape)


def main(path, requests, answers):
    model = Model(path)
    results = [model.run(*pair) for pair in pickle.loads(Path(requests).read_bytes())]
    assert "tensorflow" not in sys.modules
    Path(answers).write_bytes(pickle.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])

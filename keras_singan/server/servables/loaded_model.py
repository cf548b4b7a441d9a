"""One loaded version of a SavedModel, run through a session as TF Serving does."""

import functools
import gc
import threading

import tensorflow as tf
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.util import deprecation

from keras_singan.performance.threads import core_count
from keras_singan.server.servables.request_cost import Costs
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception
from keras_singan.server.status_codes import invalid

# A convolution whose images have another rank than it was built for aborts the
# whole process in some builds of TensorFlow. Inputs of lower rank cannot, and are
# let through as they come, so that answers stay TensorFlow Serving's.
_GUARDED_RANK = 3
# Threads that start operations: a light request would wait for those of heavy ones,
# operation by operation. A pool's number is its place among a session's.
_POOLS = ("light", "heavy")


class LoadedModel:
    """A SavedModel in a graph and a session of its own; any threads may run it.

    A V1 session is what TensorFlow Serving runs: same checks, same messages.

    Args:
        path: The version's folder, with `saved_model.pb`.
        version: Its number.

    Attributes:
        signatures: Dictionary of `SignatureDef` by name.
        input_types: Dictionary by signature of dictionaries: number of the type by
            alias, in order.
        costs: `Costs` of its requests.
    """

    def __init__(self, path, version):
        self.version = version
        self.costs = Costs()
        self._graph = tf.Graph()
        with self._graph.as_default(), deprecation.silence():
            self._session = tf.compat.v1.Session(
                graph=self._graph, config=session_config()
            )
            try:
                meta_graph = tf.compat.v1.saved_model.loader.load(
                    self._session, ["serve"], str(path)
                )
                self.signatures = dict(meta_graph.signature_def)
                self.input_types = _input_types(self.signatures)
                self._nodes = dict(self._all_nodes())
                self._session._extend_graph()
            except BaseException:
                self._session.close()
                raise
        self._changed = threading.Condition()
        self._users = 0

    def _all_nodes(self):
        for signature in self.signatures.values():
            for info in (*signature.inputs.values(), *signature.outputs.values()):
                # The initialisation stands among the signatures, and is no tensor.
                if info.dtype:
                    tensor = self._graph.get_tensor_by_name(info.name)
                    yield info.name, tensor._as_tf_output()

    def run(self, feeds, fetches, timeout, heavy=False):
        """Runs the graph.

        Args:
            feeds: Dictionary of arrays by the tensor's name.
            fetches: Names of tensors.
            timeout: Seconds, after which the run is cancelled between two ops.
            heavy: Whether its operations keep off the threads of light requests.
                Defaults to `False`.

        Returns:
            List of arrays.

        Raises:
            StatusError: With TensorFlow's code and message.
        """
        options = tf.compat.v1.RunOptions(
            timeout_in_ms=max(1, round(timeout * 1000)),
            inter_op_thread_pool=int(heavy),
        )
        buffer = pywrap_tf_session.TF_NewBufferFromString(options.SerializeToString())
        try:
            # `Session.run` checks shapes itself, and rewrites the messages.
            return self._session._call_tf_sessionrun(
                buffer,
                {self._nodes[name]: array for name, array in feeds.items()},
                [self._nodes[name] for name in fetches],
                [],
                None,
            )
        except Exception as error:
            raise from_exception(error) from error
        finally:
            pywrap_tf_session.TF_DeleteBuffer(buffer)

    def enter(self):
        """Counts one more request that uses the model."""
        with self._changed:
            self._users += 1

    def leave(self):
        """Counts one request less."""
        with self._changed:
            self._users -= 1
            self._changed.notify_all()

    def close(self):
        """Waits for the requests that use the model, then frees it."""
        with self._changed:
            self._changed.wait_for(lambda: self._users == 0)
        self._session.close()
        # Graph and session refer to each other, and hold the weights.
        self._session = self._graph = self._nodes = None
        gc.collect()


@functools.cache
def session_config():
    """Returns the `ConfigProto` of all sessions: versions share its threads."""
    config = tf.compat.v1.ConfigProto()
    for name in _POOLS:
        config.session_inter_op_thread_pool.add(
            num_threads=core_count(), global_name=f"keras-singan {name}"
        )
    # A second pass over a graph finds next to nothing, and takes a third of the time
    # until a signature's first answer.
    rewriting = config.graph_options.rewrite_options
    rewriting.meta_optimizer_iterations = type(rewriting).ONE
    return config


def _input_types(signatures):
    return {
        name: {alias: info.dtype for alias, info in sorted(signature.inputs.items())}
        for name, signature in signatures.items()
    }


def signature_of(model, name):
    """Returns a signature as gRPC's Predict looks it up.

    Raises:
        StatusError: FAILED_PRECONDITION, if the model has none of this name.
    """
    signature = model.signatures.get(name)
    if signature is None:
        raise StatusError(
            "FAILED_PRECONDITION", f'Serving signature key "{name}" not found.'
        )
    return signature


def check_images(alias, array, info):
    """Refuses an input of rank 3 or more whose shape is not the signature's.

    Args:
        alias: The input's name.
        array: What the request gives for it.
        info: Its `TensorInfo`.

    Raises:
        StatusError: INVALID_ARGUMENT.
    """
    shape = info.tensor_shape
    sizes = [dim.size for dim in shape.dim]
    if shape.unknown_rank or len(sizes) < _GUARDED_RANK:
        return
    given = list(getattr(array, "shape", ()))
    fits = len(given) == len(sizes) and all(
        size in (-1, other) for size, other in zip(sizes, given, strict=True)
    )
    if not fits:
        expected = ",".join("?" if size == -1 else str(size) for size in sizes)
        raise invalid(
            f"Shape of tensor {alias} [{','.join(map(str, given))}] is not compatible "
            f"with expected shape [{expected}]."
        )

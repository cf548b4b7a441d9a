"""Running a signature: the checks and messages that REST and gRPC share."""

import time

import tensorflow as tf

from keras_singan.server.admission import HEAVY
from keras_singan.server.admission import Continuation
from keras_singan.server.servables.loaded_model import check_images
from keras_singan.server.servables.loaded_model import signature_of
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import invalid

# Estimates may be too high while few requests have been seen.
_MARGIN = 1.5
_METHODS = [f"tensorflow/serving/{name}" for name in ("predict", "classify", "regress")]


def predict(model, signature_name, inputs, timeout, output_filter=(), record=None):
    """Runs a signature of a model.

    Args:
        model: A `LoadedModel`.
        signature_name: The signature's name, resolved.
        inputs: Dictionary of arrays by alias.
        timeout: Seconds.
        output_filter: Aliases of the outputs that are wanted. Defaults to all.
        record: Function that is told how many seconds the graph ran.

    Returns:
        Dictionary of (array, number of its type) by alias.

    Raises:
        StatusError: If the inputs do not fit the signature, or the graph fails.
    """
    signature = signature_of(model, signature_name)
    _check_method(signature)
    _check_count(signature, inputs)
    feeds = _feeds(signature, inputs)
    aliases = _aliases(signature, output_filter)
    fetches = [signature.outputs[alias].name for alias in aliases]
    heavy, _ = model.costs.estimate(signature_name, inputs)
    start = time.perf_counter()
    arrays = model.run(feeds, fetches, timeout, heavy)
    seconds = time.perf_counter() - start
    model.costs.learn(signature_name, inputs, arrays, seconds)
    if record is not None:
        record(seconds)
    return {
        alias: (array, signature.outputs[alias].dtype)
        for alias, array in zip(aliases, arrays, strict=True)
    }


def begin(model, signature_name, inputs, deadline, run):
    """Runs a light request; a heavy one is left to its lane.

    Args:
        model: A `LoadedModel`.
        signature_name: The signature's name, resolved.
        inputs: Dictionary of arrays by alias.
        deadline: `Deadline`.
        run: Function without arguments that answers the request.

    Returns:
        What `run` returns, or a `Continuation`.

    Raises:
        StatusError: INVALID_ARGUMENT, if the request cannot end in time.
    """
    heavy, seconds = model.costs.estimate(signature_name, inputs)
    left = deadline.remaining()
    if seconds > _MARGIN * left:
        raise invalid(
            f"This request takes about {seconds:.0f} s on this server, and must end "
            f"within {left:.0f} s: ask for fewer or smaller images."
        )
    return Continuation(run, HEAVY, seconds) if heavy else run()


def _check_method(signature):
    if signature.method_name not in _METHODS:
        raise StatusError(
            "INTERNAL",
            "Expected prediction signature method_name to be one of "
            f"{{{', '.join(_METHODS)}}}. Was: {signature.method_name}",
        )


def _check_count(signature, inputs):
    given, wanted = set(inputs), set(signature.inputs)
    if len(given) == len(wanted) or (len(given) < len(wanted) and signature.defaults):
        return
    raise invalid(
        f"input size does not match signature: {len(given)}!={len(wanted)} "
        f"len({_set(given)}) != len({_set(wanted)}). "
        f"Sent extra: {_set(given - wanted)}. "
        f"Missing but required: {_set(wanted - given)}."
    )


def _feeds(signature, inputs):
    feeds = {}
    for alias, info in sorted(signature.inputs.items()):
        if alias in inputs:
            array = inputs[alias]
        elif alias in signature.defaults:
            array = tf.make_ndarray(signature.defaults[alias])
        else:
            raise invalid(
                f"Signature input alias: {alias}(feed name: {info.name}) not found in "
                "request and no default value provided. Inputs expected to be in the "
                f"request {_set(inputs)}, or default input alias set: "
                f"{','.join(sorted(signature.defaults))}"
            )
        check_images(alias, array, info)
        feeds[info.name] = array
    used = set(inputs) & set(signature.inputs)
    if len(used) != len(inputs):
        raise invalid(
            "Inputs contains invalid name. Used request inputs: "
            f"{','.join(sorted(used))}, request input: {','.join(sorted(inputs))}"
        )
    return feeds


def _aliases(signature, output_filter):
    seen = []
    for alias in output_filter:
        if alias not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {alias} Outputs expected "
                f"to be in the set {_set(signature.outputs)}."
            )
        if alias in seen:
            raise invalid(f"duplicate output tensor alias: {alias}")
        seen.append(alias)
    return seen or sorted(signature.outputs)


def _set(names):
    return f"{{{','.join(sorted(names))}}}"

"""Replaying a model's own warm-up requests, before it takes others."""

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from keras_singan.server.proto_tensors import arrays_from_protos
from keras_singan.server.servables.prediction import predict
from keras_singan.server.signature_types import resolved_name
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import invalid

_FILE = "assets.extra/tf_serving_warmup_requests"
_MOST = 1000
# Most that the tensors of one record may take.
_TENSOR_BYTES = 1 << 26
# The first run of a signature compiles it.
_SECONDS = 600


def warm_up_requests(path):
    """Reads the records of `assets.extra/tf_serving_warmup_requests`.

    Args:
        path: The version's folder.

    Returns:
        List of bytes; empty if there is no such file.

    Raises:
        StatusError: If there are more than TensorFlow Serving takes.
    """
    file = path / _FILE
    if not file.is_file():
        return []
    dataset = tf.data.TFRecordDataset(str(file)).take(_MOST + 1)
    records = [record.numpy() for record in dataset]
    if len(records) > _MOST:
        raise invalid(
            f"Number of warmup records exceeds the maximum ({_MOST}) at {file}"
        )
    return records


def warm_up(model, records, stopping=lambda: False):
    """Runs warm-up requests.

    Args:
        model: A `LoadedModel`.
        records: List of bytes, from `warm_up_requests`.
        stopping: Function that tells whether to give up. Defaults to never.

    Raises:
        StatusError: If a record is damaged or its request fails. The model must not
            be served then.
    """
    for record in records:
        if stopping():
            raise StatusError("CANCELLED", "The server is stopping.")
        _replay(model, record)


def _replay(model, record):
    log = prediction_log_pb2.PredictionLog()
    try:
        log.ParseFromString(record)
    except Exception as error:
        raise invalid(f"Failed to parse warmup record: {error}") from error
    kind = log.WhichOneof("log_type")
    if kind != "predict_log":
        raise StatusError("UNIMPLEMENTED", f"Unsupported log_type for warmup: {kind}")
    request = log.predict_log.request
    inputs = arrays_from_protos(request.inputs, _TENSOR_BYTES)
    name = resolved_name(request.model_spec.signature_name)
    predict(model, name, inputs, _SECONDS, request.output_filter)

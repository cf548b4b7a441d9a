"""TensorFlow Serving's gRPC interface: prediction, model status, health."""

import concurrent.futures
import functools
import time

import grpc
from grpc_health.v1 import health
from grpc_health.v1 import health_pb2
from grpc_health.v1 import health_pb2_grpc
from tensorflow_serving.apis import model_service_pb2_grpc
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

from keras_singan.server.admission import GRACE_SECONDS
from keras_singan.server.admission import Deadline
from keras_singan.server.admission import timed_out
from keras_singan.server.metadata import metadata_response
from keras_singan.server.metadata import status_response
from keras_singan.server.proto_tensors import arrays_from_protos
from keras_singan.server.proto_tensors import fill_proto
from keras_singan.server.servables.prediction import predict
from keras_singan.server.signature_types import resolved_name
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception
from keras_singan.server.status_codes import invalid

SERVICES = ("", "ModelService", "PredictionService")
_MESSAGE_CHARACTERS = 1024


def _answers(method):
    @functools.wraps(method)
    def wrapper(self, request, context):
        try:
            return method(self, request, context)
        except Exception as error:
            status = from_exception(error)
        context.abort(getattr(grpc.StatusCode, status.code), _text(status.message))

    return wrapper


def _text(message):
    if len(message) > _MESSAGE_CHARACTERS:
        message = message[:_MESSAGE_CHARACTERS] + "...TRUNCATED"
    return message.encode("utf-8", "replace").decode()


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """`tensorflow.serving.PredictionService`.

    Args:
        versions: `Versions`.
        admission: `Admission`.
        metrics: `Metrics`.
        settings: `ServeSettings`.
    """

    def __init__(self, versions, admission, metrics, settings):
        self._versions, self._admission = versions, admission
        self._metrics = metrics
        self._timeout = settings.timeout
        self._max_bytes = settings.max_body_bytes

    @_answers
    def Predict(self, request, context):
        """Runs a signature."""
        start, code = time.perf_counter(), "OK"
        try:
            return self._run(request, _seconds(context, self._timeout))
        except Exception as error:
            error = from_exception(error)
            code = error.code
            raise error from None
        finally:
            seconds = time.perf_counter() - start
            name = request.model_spec.name
            self._metrics.request(name, "Predict", "GRPC", code, seconds)

    def _run(self, request, seconds):
        deadline = Deadline(seconds)
        future = self._admission.submit(self._predict, request, deadline)
        try:
            return future.result(deadline.remaining() + GRACE_SECONDS)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise timed_out() from None

    def _predict(self, request, deadline):
        spec = _spec(request)
        signature_name = resolved_name(spec.signature_name)
        with self._versions.model(*_where(spec)) as model:
            inputs = arrays_from_protos(request.inputs, self._max_bytes)
            outputs = predict(
                model,
                signature_name,
                inputs,
                deadline.remaining(),
                request.output_filter,
                self._metrics.runtime,
            )
            response = predict_pb2.PredictResponse()
            response.model_spec.version.value = model.version
        response.model_spec.name = spec.name
        response.model_spec.signature_name = signature_name
        for alias, (array, dtype) in outputs.items():
            fill_proto(response.outputs[alias], array, dtype)
        return response

    @_answers
    def GetModelMetadata(self, request, context):
        """Gives the signatures of a model."""
        spec = _spec(request)
        if not request.metadata_field:
            raise invalid(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != "signature_def":
                raise invalid(f"Metadata field {field} is not supported")
        with self._versions.model(*_where(spec)) as model:
            return metadata_response(model, spec.name)

    @_answers
    def Classify(self, request, context):
        """Is not served."""
        raise _unserved("Classify")

    @_answers
    def Regress(self, request, context):
        """Is not served."""
        raise _unserved("Regress")

    @_answers
    def MultiInference(self, request, context):
        """Is not served."""
        raise _unserved("MultiInference")


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """`tensorflow.serving.ModelService`.

    Args:
        versions: `Versions`.
    """

    def __init__(self, versions):
        self._versions = versions

    @_answers
    def GetModelStatus(self, request, context):
        """Gives the states of a model's versions."""
        name, version, _ = _where(_spec(request))
        return status_response(self._versions, name, version)

    @_answers
    def HandleReloadConfigRequest(self, request, context):
        """Is refused: it would let any client load any folder of the machine."""
        raise _unserved("HandleReloadConfigRequest", "put a new version folder instead")


def _unserved(method, instead="use Predict"):
    return StatusError("UNIMPLEMENTED", f"{method} is not served here: {instead}.")


def _spec(request):
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    return request.model_spec


def _where(spec):
    choice = spec.WhichOneof("version_choice")
    version = spec.version.value if choice == "version" else None
    label = spec.version_label if choice == "version_label" else None
    return spec.name, version, label


def _seconds(context, timeout):
    left = context.time_remaining()
    # A client without a deadline has one in some 10**9 seconds.
    return timeout if left is None else max(min(left, timeout), 0.0)


def make_grpc_server(versions, admission, metrics, settings):
    """Returns a `grpc.Server` without a port, and its health service.

    Args:
        versions: `Versions`.
        admission: `Admission`. The server has threads enough to refuse what it
            refuses, and to answer questions about its state.
        metrics: `Metrics`.
        settings: `ServeSettings`.
    """
    pool = concurrent.futures.ThreadPoolExecutor(admission.limit + 8, "grpc")
    options = [
        ("grpc.max_receive_message_length", settings.max_body_bytes),
        ("grpc.max_send_message_length", (1 << 31) - 1),
        # Another server on the same port is an error, not a partner.
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.server(pool, options=options)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(versions, admission, metrics, settings), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        ModelService(versions), server
    )
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    for name in SERVICES:
        servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server, servicer

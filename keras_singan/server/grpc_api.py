"""TensorFlow Serving's gRPC interface: prediction and model status."""

import functools
import time

from google.protobuf.message import DecodeError
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2
from tensorflow_serving.apis import predict_pb2

from keras_singan.server.admission import Deadline
from keras_singan.server.metadata import metadata_response
from keras_singan.server.metadata import status_response
from keras_singan.server.proto_tensors import arrays_from_protos
from keras_singan.server.proto_tensors import fill_proto
from keras_singan.server.servables.prediction import begin
from keras_singan.server.servables.prediction import predict
from keras_singan.server.signature_types import resolved_name
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception
from keras_singan.server.status_codes import invalid

# What asks for a status or for metadata is a few words.
_QUESTION_BYTES = 1 << 16


class PredictionService:
    """`tensorflow.serving.PredictionService`, free of sockets.

    Every method takes a message's bytes and the seconds that the client waits, and
    returns a response. The methods' names are those of the service.

    Args:
        versions: `Versions`.
        admission: `Admission`.
        budget: `ByteBudget`.
        metrics: `Metrics`.
        settings: `ServeSettings`.
    """

    def __init__(self, versions, admission, budget, metrics, settings):
        self._versions, self._admission = versions, admission
        self._budget, self._metrics = budget, metrics
        self._timeout = settings.timeout
        self._max_bytes = settings.max_body_bytes

    async def Predict(self, message, seconds):
        """Runs a signature."""
        counted = _Counted()
        try:
            with self._budget.holder() as holder:
                holder.add(len(message))
                deadline = Deadline(min(seconds, self._timeout))
                call = functools.partial(self._predict, message, deadline, counted)
                del message
                response = await self._admission.run(call, deadline)
            counted.code = "OK"
            return response
        except Exception as error:
            error = from_exception(error)
            counted.code = error.code
            raise error from None
        finally:
            taken = time.perf_counter() - counted.start
            self._metrics.request(counted.name, "Predict", "GRPC", counted.code, taken)

    def _predict(self, message, deadline, counted):
        request = _parsed(predict_pb2.PredictRequest, message)
        counted.name = request.model_spec.name
        spec = _spec(request)
        name = resolved_name(spec.signature_name)
        with self._versions.model(*_where(spec)) as model:
            inputs = arrays_from_protos(request.inputs, self._max_bytes)
            filters = list(request.output_filter)
            del request
            run = functools.partial(self._run, spec, inputs, filters, deadline)
            return begin(model, name, inputs, deadline, run)

    def _run(self, spec, inputs, output_filter, deadline):
        name = resolved_name(spec.signature_name)
        response = predict_pb2.PredictResponse()
        with self._versions.model(*_where(spec)) as model:
            outputs = predict(
                model,
                name,
                inputs,
                deadline.remaining(),
                output_filter,
                self._metrics.runtime,
            )
            response.model_spec.version.value = model.version
        response.model_spec.name = spec.name
        response.model_spec.signature_name = name
        for alias, (array, dtype) in outputs.items():
            fill_proto(response.outputs[alias], array, dtype)
        return response.SerializeToString()

    async def GetModelMetadata(self, message, seconds):
        """Returns the signatures of a model."""
        request = _question(get_model_metadata_pb2.GetModelMetadataRequest, message)
        spec = _spec(request)
        if not request.metadata_field:
            raise invalid(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != "signature_def":
                raise invalid(f"Metadata field {field} is not supported")
        with self._versions.model(*_where(spec)) as model:
            return metadata_response(model, spec.name).SerializeToString()

    async def Classify(self, message, seconds):
        """Is not served."""
        raise _unserved("Classify")

    async def Regress(self, message, seconds):
        """Is not served."""
        raise _unserved("Regress")

    async def MultiInference(self, message, seconds):
        """Is not served."""
        raise _unserved("MultiInference")


class ModelService:
    """`tensorflow.serving.ModelService`, as `PredictionService`.

    Args:
        versions: `Versions`.
    """

    def __init__(self, versions):
        self._versions = versions

    async def GetModelStatus(self, message, seconds):
        """Returns the states of a model's versions."""
        request = _question(get_model_status_pb2.GetModelStatusRequest, message)
        name, version, _ = _where(_spec(request))
        return status_response(self._versions, name, version).SerializeToString()

    async def HandleReloadConfigRequest(self, message, seconds):
        """Is refused: it would let any client load any folder of the machine."""
        raise _unserved("HandleReloadConfigRequest", "put a new version folder instead")


class _Counted:
    """The name, the code and the start of a request, for the metrics."""

    def __init__(self):
        self.start, self.name, self.code = time.perf_counter(), "", "CANCELLED"


def _unserved(method, instead="use Predict"):
    return StatusError("UNIMPLEMENTED", f"{method} is not served here: {instead}.")


def _question(kind, message):
    if len(message) > _QUESTION_BYTES:
        raise invalid(f"The message is larger than {_QUESTION_BYTES} bytes.")
    return _parsed(kind, message)


def _parsed(kind, message):
    try:
        return kind.FromString(message)
    except DecodeError:
        raise invalid("The message is no protocol buffer of its type.") from None


def _spec(request):
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    return request.model_spec


def _where(spec):
    choice = spec.WhichOneof("version_choice")
    version = spec.version.value if choice == "version" else None
    label = spec.version_label if choice == "version_label" else None
    return spec.name, version, label

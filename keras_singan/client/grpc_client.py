"""The client over gRPC: needs the extra `serve`."""

import functools
import types

from keras_singan.client.addresses import check_model
from keras_singan.client.addresses import check_version
from keras_singan.client.addresses import grpc_target
from keras_singan.client.failures import answer_too_large
from keras_singan.client.one_line import one_line
from keras_singan.client.replies import read_metadata
from keras_singan.client.replies import read_status
from keras_singan.client.rest_client import Client
from keras_singan.client.retries import Busy
from keras_singan.errors import ServingError
from keras_singan.errors import needs_extra
from keras_singan.task_specs import dtype_of

_DTYPES = {
    "string": "DT_STRING",
    "int64": "DT_INT64",
    "float32": "DT_FLOAT",
    "int32": "DT_INT32",
}
_FIELDS = {
    "DT_STRING": "string_val",
    "DT_INT64": "int64_val",
    "DT_FLOAT": "float_val",
    "DT_INT32": "int_val",
}
_ANSWER_TOO_LARGE = "CLIENT: Received message larger than max"
# What gRPC says of a connection that broke during a call: the request had reached
# the server, and sent again, it could stop the server once more. And of a request
# that is too large.
_BROKE = (
    *("closed", "closing", "reset", "broken pipe", "removed", "end of stream", "eof"),
    *("goaway", "disconnect", "terminat", "watchdog", "ping timeout"),
    "larger than max",
)


class GrpcClient(Client):
    """A served model, asked over gRPC instead of REST.

    Its messages come from `tensorflow-serving-api`, which loads TensorFlow. Only
    the URL differs from those of `Client`, and an answer may have 2047 MiB.

    Args:
        url: `host:port`, or `grpcs://host:port` for TLS.
        model: See `Client`, as of the others.

    Raises:
        TaskError: If an argument is out of range.
        ServingError: If grpcio or tensorflow-serving-api is not installed.
    """

    # gRPC counts the bytes of a message in 31 bits.
    _most_answer_mb = 2047

    def _new_transport(self, place, **how):
        url, model, version = place
        target, tls = grpc_target(url)
        spec = {"name": check_model(model)}
        if check_version(version) is not None:
            spec["version"] = {"value": check_version(version)}
        return GrpcTransport(target, tls, spec, **how)


class GrpcTransport:
    """Carries rows as tensors: see `TaskClient` for the methods.

    Args:
        target: `host:port`.
        tls: Whether to use TLS, with the authorities that gRPC knows
            (`GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` gives others).
        spec: The model, as the fields of a `ModelSpec`.
        timeout: Seconds that an answer may take.
        retries: `Retries`.
        token: Bearer token, or `None`.
        max_bytes: Most bytes of an answer.
    """

    def __init__(self, target, tls, spec, timeout, retries, token, max_bytes):
        self._protos = _messages()
        import grpc

        self.server, self.model = target, spec["name"]
        self._spec, self._timeout, self._retries = spec, timeout, retries
        self._max_bytes = max_bytes
        # By default gRPC takes 4 MB, which is less than an animation.
        options = [
            ("grpc.max_receive_message_length", max_bytes),
            ("grpc.max_send_message_length", -1),
        ]
        self._metadata = [("authorization", f"Bearer {token}")] if token else []
        if tls:
            credentials = grpc.ssl_channel_credentials()
            self._channel = grpc.secure_channel(target, credentials, options)
        else:
            self._channel = grpc.insecure_channel(target, options)

    def predict(self, signature, rows):
        """Returns each row's image as `bytes`, or its frames as a list of them."""
        request = self._protos.PredictRequest(
            model_spec=self._spec | {"signature_name": signature}
        )
        for name in rows[0]:
            tensor = _tensor([row[name] for row in rows], name)
            request.inputs[name].CopyFrom(self._protos.TensorProto(**tensor))
        answer = self._ask(self._protos.Prediction(self._channel).Predict, request)
        return self._encoded(answer.outputs, len(rows))

    def status(self):
        """Returns the versions: see `TaskClient.status`."""
        request = self._protos.GetModelStatusRequest(model_spec=self._spec)
        answer = self._ask(
            self._protos.ModelService(self._channel).GetModelStatus, request
        )
        return read_status(self.server, self._protos.to_dict(answer))

    def metadata(self):
        """Returns the signatures: see `TaskClient.metadata`."""
        request = self._protos.GetModelMetadataRequest(
            model_spec=self._spec, metadata_field=["signature_def"]
        )
        answer = self._ask(
            self._protos.Prediction(self._channel).GetModelMetadata, request
        )
        return read_metadata(self.server, self._protos.to_dict(answer))

    def close(self):
        """Closes the channel."""
        self._channel.close()

    def _ask(self, method, request):
        return self._retries.call(lambda: self._send(method, request))

    def _send(self, method, request):
        import grpc

        try:
            return method(request, timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            code, text = error.code().name, error.details() or ""
            if _ANSWER_TOO_LARGE in text:
                raise answer_too_large(self.server, self._max_bytes) from None
            raise _error_of(self.server, self._spec["name"], code, text) from None

    def _encoded(self, outputs, rows):
        for name in ("image_bytes", "frames_bytes"):
            if name not in outputs:
                continue
            values = list(outputs[name].string_val)
            shape = [side.size for side in outputs[name].tensor_shape.dim]
            if shape == [rows]:
                return values
            if len(shape) == 2 and shape[0] == rows:
                return [values[k * shape[1] : (k + 1) * shape[1]] for k in range(rows)]
        raise ServingError(
            f"The server at {self.server} must answer with {rows} encoded images or "
            f"lists of them. Received: outputs={one_line(sorted(outputs))}."
        )


def _tensor(values, name):
    """Returns the fields of a `TensorProto` of shape [rows]."""
    dtype = _DTYPES[dtype_of(name)]
    return {
        "dtype": dtype,
        "tensor_shape": {"dim": [{"size": len(values)}]},
        _FIELDS[dtype]: values,
    }


def _error_of(server, model, code, details):
    """Returns the exception for a gRPC error: `Busy` where it may be repeated.

    The rule is that of `keras_singan.client.failures`.
    """
    text = one_line(details.partition("[[{{")[0])
    received = f"Received: {text or 'no reason'} ({code})."
    result = ServingError(f"{_expected(server, model, code)} {received}")
    return Busy(result) if _may_repeat(code, text.lower()) else result


def _may_repeat(code, text):
    if code == "UNAVAILABLE" and "failed to connect" in text:
        return True
    passing = code in ("RESOURCE_EXHAUSTED", "UNAVAILABLE")
    return passing and not any(word in text for word in _BROKE)


def _expected(server, model, code):
    if code == "NOT_FOUND":
        return f"The server at {server} must have model={model!r}."
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
        return f"The server at {server} must accept the token."
    if code == "UNAVAILABLE":
        return f"A gRPC server must be listening at {server} (not REST, 8501)."
    if code == "RESOURCE_EXHAUSTED":
        return f"The server at {server} must have room for the request."
    if code == "DEADLINE_EXCEEDED":
        return (
            f"The server at {server} must answer in time: a long task may need a "
            "larger timeout."
        )
    if code in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"):
        return f"The server at {server} refused the request."
    if code == "UNIMPLEMENTED":
        return f"The server at {server} must be TensorFlow Serving, or like it."
    return f"The server at {server} must work, but it failed."


def _messages():
    """Imports what gRPC needs, which is slow; returns it under short names."""
    try:
        import grpc  # noqa: F401
        from google.protobuf import json_format
        from tensorflow.core.framework import tensor_pb2
        from tensorflow_serving.apis import get_model_metadata_pb2
        from tensorflow_serving.apis import get_model_status_pb2
        from tensorflow_serving.apis import model_service_pb2_grpc
        from tensorflow_serving.apis import predict_pb2
        from tensorflow_serving.apis import prediction_service_pb2_grpc
    except ImportError as error:
        raise ServingError(
            f"{needs_extra('gRPC', 'serve')} Received: {one_line(error)}."
        ) from error
    return types.SimpleNamespace(
        TensorProto=tensor_pb2.TensorProto,
        PredictRequest=predict_pb2.PredictRequest,
        GetModelStatusRequest=get_model_status_pb2.GetModelStatusRequest,
        GetModelMetadataRequest=get_model_metadata_pb2.GetModelMetadataRequest,
        Prediction=prediction_service_pb2_grpc.PredictionServiceStub,
        ModelService=model_service_pb2_grpc.ModelServiceStub,
        to_dict=functools.partial(
            json_format.MessageToDict,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        ),
    )

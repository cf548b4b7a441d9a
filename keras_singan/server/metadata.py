"""The answers to questions about a model: its versions' states, its signatures."""

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2

from keras_singan.server.status_codes import CODES

_States = get_model_status_pb2.ModelVersionStatus.State


def status_response(versions, name, version=None):
    """Returns the `GetModelStatusResponse` of a model, or of one version.

    Args:
        versions: `Versions`.
        name: The model's name, as the request has it.
        version: Number of a version. Defaults to all.

    Raises:
        StatusError: NOT_FOUND.
    """
    response = get_model_status_pb2.GetModelStatusResponse()
    for number, state in versions.states(name, version):
        entry = response.model_version_status.add()
        entry.version = number
        entry.state = _States.Value(state.state)
        if state.error is not None:
            entry.status.error_code = CODES[state.error.code][0]
            text = state.error.message.encode("utf-8", "replace").decode()
            entry.status.error_message = text
        else:
            entry.status.SetInParent()
    return response


def metadata_response(model, name):
    """Returns the `GetModelMetadataResponse` of a model, with its signatures.

    Args:
        model: A `LoadedModel`.
        name: The model's name.
    """
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = name
    response.model_spec.version.value = model.version
    response.metadata["signature_def"].Pack(_signatures(model))
    return response


def _signatures(model):
    signatures = get_model_metadata_pb2.SignatureDefMap()
    for name, signature in model.signatures.items():
        signatures.signature_def[name].CopyFrom(signature)
    return signatures


def status_json(response):
    """Returns a `GetModelStatusResponse` as JSON text."""
    return _json(response)


def metadata_json(model, name):
    """Returns a model's metadata as JSON text: two messages, joined by hand."""
    spec = metadata_response(model, name).model_spec
    return (
        f'{{\n"model_spec":{_json(spec)},\n'
        f'"metadata": {{"signature_def": {_json(_signatures(model))}}}\n}}\n'
    )


def _json(message):
    text = json_format.MessageToJson(
        message,
        indent=1,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
    return text + "\n"

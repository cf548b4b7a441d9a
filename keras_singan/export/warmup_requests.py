"""Warm-up requests: a server replays them when it loads a model.

The first request to a signature takes a second longer than the others, unless it
has been made before. The file is a TFRecord of `PredictionLog` messages, written
here by hand, since `tensorflow-serving-api`, which has their classes, is needed
for nothing else in an export.
"""

import numpy as np
import tensorflow as tf

from keras_singan.task_specs import SIGNATURES

FILE_NAME = "assets.extra/tf_serving_warmup_requests"


def write_warmup(folder, model, requests):
    """Writes one record for each request.

    Args:
        folder: `Path` of the SavedModel.
        model: str, the model's name.
        requests: Dictionary of signature name to its inputs, name to array.

    Returns:
        The `Path` of the file.
    """
    path = folder / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in requests.items():
            writer.write(prediction_log(model, signature, inputs))
    return path


def prediction_log(model, signature, inputs):
    """Encodes a `PredictionLog` that holds a `PredictRequest`.

    The numbers are those of the fields in tensorflow_serving/apis: model.proto,
    predict.proto and prediction_log.proto.

    Args:
        model: str, the model's name.
        signature: str, the signature's.
        inputs: Dictionary of name to array.

    Returns:
        bytes.
    """
    spec = _field(1, model.encode()) + _field(3, signature.encode())
    request = _field(1, spec)
    for name, value in inputs.items():
        tensor = tf.make_tensor_proto(value).SerializeToString()
        request += _field(2, _field(1, name.encode()) + _field(2, tensor))
    return _field(6, _field(1, request))


def example_requests(signatures, photo, side):
    """Makes a small valid request for every signature.

    Args:
        signatures: Dictionary of name to `tf.function` with an input signature.
        photo: uint8 array `(height, width, channels)`, as trained.
        side: int, the model's receptive field: the least side of an image.

    Returns:
        Dictionary of signature name to its inputs, name to array.
    """
    small, whole = _example_values(photo[:side, :side]), _example_values(photo)
    # These take no other picture than the photo.
    names = [task.signature for task in SIGNATURES if task.takes_photo]
    return {
        name: {
            spec.name: (whole if name.removesuffix("_float") in names else small)[
                spec.name
            ].astype(spec.dtype.as_numpy_dtype)
            for spec in function.input_signature
        }
        for name, function in signatures.items()
    }


def _example_mask(image):
    """White in the middle."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width, 1), "uint8")
    mask[height // 3 : height // 3 + 2, width // 3 : width // 3 + 2] = 255
    return mask


def _example_values(image):
    mask = _example_mask(image)
    inputs = {each.name: each for task in SIGNATURES for each in task.inputs}
    values = {name: np.array([each.example]) for name, each in inputs.items()}
    values["images"] = image[None] / np.float32(127.5) - 1
    values["masks"] = mask[None, ..., 0] / np.float32(255)
    values["mask_bytes"] = _png(mask)
    if image.shape[-1] in (1, 3, 4):
        values["image_bytes"] = _png(image)
    return values


def _png(image):
    return np.array([tf.io.encode_png(image).numpy()], object)


def _field(number, content):
    """A length-delimited field: tag, length, bytes."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value):
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])

"""What stands in an exported version's folder: graph, warm-up requests, README."""

import re

import pytest
import tensorflow as tf
from support.exports import Session
from support.exports import export_to_temporary
from support.exports import exported
from support.exports import session
from support.exports import untrained
from support.photos import photo
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry
from tensorflow_serving.apis import prediction_log_pb2

from keras_singan import SinGAN
from keras_singan.export import ExportLimits
from keras_singan.export.warmup_requests import FILE_NAME
from keras_singan.export.warmup_requests import prediction_log
from keras_singan.io.image import to_float
from keras_singan.models.pyramid import new_pyramid


def graph_def(path):
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((path / "saved_model.pb").read_bytes())
    (meta_graph,) = model.meta_graphs
    return meta_graph.graph_def


def nodes(graph):
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def warm_up_requests(path):
    records = tf.data.TFRecordDataset(str(path / FILE_NAME))
    logs = [prediction_log_pb2.PredictionLog.FromString(r.numpy()) for r in records]
    return [log.predict_log.request for log in logs]


def test_the_folder_holds_what_servers_look_for():
    path = exported()[1]
    assert path.parts[-2:] == ("singan", "1")
    names = {str(p.relative_to(path)) for p in path.rglob("*") if p.is_file()}
    assert names == {
        *("README.md", "fingerprint.pb", "saved_model.pb", FILE_NAME),
        *("variables/variables.index", "variables/variables.data-00000-of-00001"),
    }
    assert [p.name for p in path.parent.iterdir()] == ["1"]


LONG, INTEGER, REAL, TEXT = tf.int64, tf.int32, tf.float32, tf.string
SAMPLE = {"seed": LONG, "index": INTEGER, "start_scale": INTEGER}
MASKED = {"image_bytes": TEXT, "mask_bytes": TEXT, "start_scale": INTEGER, "seed": LONG}
CONTRACT = {
    "sample": SAMPLE,
    "sample_size": SAMPLE | {"height": INTEGER, "width": INTEGER},
    "reconstruct": {"index": INTEGER},
    "super_resolution": {"image_bytes": TEXT, "factor": REAL, "seed": LONG},
    "harmonize": MASKED,
    "edit": MASKED,
    "paint_to_image": {
        "image_bytes": TEXT,
        "start_scale": INTEGER,
        "seed": LONG,
        "quantize": INTEGER,
    },
    "vary": MASKED | {"index": INTEGER},
    "extend": {
        "image_bytes": TEXT,
        "start_scale": INTEGER,
        "seed": LONG,
        "left": REAL,
        "right": REAL,
        "top": REAL,
        "bottom": REAL,
        "index": INTEGER,
    },
    "sample_tile": {
        "seed": LONG,
        "index": INTEGER,
        "height": INTEGER,
        "width": INTEGER,
        "tile": INTEGER,
    },
    "animate": {
        "seed": LONG,
        "start_scale": INTEGER,
        "frames": INTEGER,
        "alpha": REAL,
        "beta": REAL,
        "loop": INTEGER,
    },
}
# What clients of earlier exports ask for stays as it is: more is taken by others.
CONTRACT |= {
    f"{name}_options": CONTRACT[name] | {"refine": INTEGER}
    for name in ("edit", "paint_to_image", "vary", "extend")
}
CONTRACT["sample_options"] = CONTRACT["sample_size"] | {
    "variation": REAL,
    "refine": INTEGER,
    "around_seed": LONG,
    "around_index": INTEGER,
}
# Inputs of the float forms, and their axes.
IN_FLOATS = {"image_bytes": ("images", 4), "mask_bytes": ("masks", 3)}


def as_contract(tensors):
    """Gives dtype and number of axes of each input or output of a signature."""
    return {
        name: (tf.as_dtype(info.dtype), len(info.tensor_shape.dim))
        for name, info in tensors.items()
    }


@pytest.mark.parametrize("name", CONTRACT)
def test_the_signatures_are_those_of_the_contract(name):
    animated = name == "animate"
    encoded = session().signatures[name]
    assert as_contract(encoded.inputs) == {
        key: (dtype, 1) for key, dtype in CONTRACT[name].items()
    }
    output = {"frames_bytes": (TEXT, 2)} if animated else {"image_bytes": (TEXT, 1)}
    assert as_contract(encoded.outputs) == output
    plain = session().signatures[f"{name}_float"]
    inputs = {key: (key, 1, dtype) for key, dtype in CONTRACT[name].items()}
    inputs |= {k: (*IN_FLOATS[k], REAL) for k in inputs if k in IN_FLOATS}
    assert as_contract(plain.inputs) == {
        key: (dtype, rank) for key, rank, dtype in inputs.values()
    }
    output = {"frames": (REAL, 5)} if animated else {"images": (REAL, 4)}
    assert as_contract(plain.outputs) == output


def test_there_are_no_other_signatures_than_the_default():
    floats = {f"{name}_float" for name in CONTRACT}
    assert {*session().signatures} == {*CONTRACT, *floats, "serving_default"}
    default, sample = (session().signatures[n] for n in ("serving_default", "sample"))
    assert as_contract(default.inputs) == as_contract(sample.inputs)


def test_the_graph_holds_core_operations_alone():
    graph = graph_def(exported()[1])
    for node in nodes(graph):
        assert "PyFunc" not in node.op
        assert not node.attr["_XlaMustCompile"].b
        assert not node.attr["_XlaCompile"].b
    for function in graph.library.function:
        assert not function.attr["_XlaMustCompile"].b
    ours = {function.signature.name for function in graph.library.function}
    for op in {node.op for node in nodes(graph)} - ours:
        assert op_def_registry.get(op) is not None
        # Those of plug-ins are named like `Namespace>Op`.
        assert ">" not in op


def test_all_weights_are_one_variable_and_a_retrained_scale_another():
    graph = graph_def(exported()[1])
    variables = [node for node in graph.node if node.op == "VarHandleOp"]
    assert len(variables) == 2
    pyramid = exported()[0].pyramid_
    sizes = [node.attr["shape"].shape.dim[0].size for node in variables]
    assert sizes == [pyramid.count_params()] * 2


def test_a_scale_is_traced_once():
    graph = graph_def(exported()[1])
    layers = exported()[0].pyramid_.num_layers
    convolutions = sum(node.op == "Conv2D" for node in nodes(graph))
    # Of the retrained pyramid, the scales from 1 on are used. Refinement looks at
    # image and photo in the first search, in each finer one and in each round; each
    # pyramid has its own, and detail for `harmonize` is searched in the same way.
    assert convolutions == layers * (3 + 2) + 3 * 6


@pytest.mark.slow
def test_the_graph_of_a_large_model_is_small():
    model = SinGAN(scale_factor=0.77)
    model.pyramid_ = new_pyramid(to_float(photo(188, 250)), model.config_)
    assert (model.pyramid_.num_scales, model.pyramid_.num_layers) == (9, 5)
    path = export_to_temporary(model)
    size = (path / "saved_model.pb").stat().st_size
    assert size < 3e6


def test_every_signature_has_a_warm_up_request():
    # They run in the test of the tightest limits, and are the same here.
    requests = warm_up_requests(exported()[1])
    names = [request.model_spec.signature_name for request in requests]
    ask = session()
    assert sorted(names) == sorted({*ask.signatures} - {"serving_default"})
    for request in requests:
        assert request.model_spec.name == "singan"
        wanted = ask.signatures[request.model_spec.signature_name].inputs
        given = {key: tensor.dtype for key, tensor in request.inputs.items()}
        assert given == {key: info.dtype for key, info in wanted.items()}


def test_a_warm_up_record_is_the_message_of_serving():
    inputs = {
        "image_bytes": tf.constant([b"a" * 300, b""]).numpy(),
        "seed": tf.constant([-(2**63)], tf.int64).numpy(),
        "images": tf.random.stateless_normal((1, 9, 8, 3), [1, 2]).numpy(),
    }
    expected = prediction_log_pb2.PredictionLog()
    request = expected.predict_log.request
    request.model_spec.name = "a-model"
    request.model_spec.signature_name = "edit"
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    data = prediction_log("a-model", "edit", inputs)
    assert prediction_log_pb2.PredictionLog.FromString(data) == expected


def test_the_tightest_limits_still_let_the_warm_up_pass():
    model = untrained()
    tight = {"max_side": 30, "max_pixels": 720, "max_total_pixels": 720}
    limits = ExportLimits(
        **tight, max_rows=1, max_frames=1, max_factor=2, max_image_bytes=2880
    )
    path = export_to_temporary(model, limits=limits, name="tight")
    ask = Session(path)
    requests = warm_up_requests(path)
    assert len(requests) == 2 * len(CONTRACT)
    for request in requests:
        assert request.model_spec.name == "tight"
        inputs = {key: tf.make_ndarray(t) for key, t in request.inputs.items()}
        assert len(ask(request.model_spec.signature_name, **inputs)) == 1


def test_the_readme_tells_signatures_defaults_and_limits():
    text = (exported()[1] / "README.md").read_text()
    assert "32 x 40 px (height x width), 3 channels, 3 scales" in text
    for name, signature in session().signatures.items():
        assert f"`{name}`" in text
        assert all(re.search(rf"\b{key}\b", text) for key in signature.inputs)
    assert "`quantize` may be 1 at start scales: 1." in text
    assert "| `height`, `width` | 0 | 32, 40 |" in text
    assert "| `refine` | -1 | as the model was made: no |" in text
    assert "| `variation` | -1.0 | 1.0 |" in text
    assert '| `image_bytes` | "" | in `vary`, `extend`: the photo as trained |' in text
    assert "| `around_index` | -1 | none: images vary the photo" in text
    assert "| max_side | 4096 |" in text
    assert text.count("\n| max_") == 7
    assert text.endswith("\n")

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import keras_singan

ROOT = Path(keras_singan.__file__).parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for path in sorted(ROOT.rglob("*.py"))
    if path.name != "__init__.py"
}

# Ground first: a room imports only what stands above it, and so does a module
# within its room.
ORDER = {
    "errors": (),
    "config": (),
    "geometry": (),
    "backend": (),
    "specs": ("task_types",),
    "task_specs": (),
    "io": (
        *("unwinding", "files", "icc_profile", "colour_profiles", "pillow_gaps"),
        *("pixel_values", "sources", "decode", "save", "image", "plot", "sheet"),
        "animation_formats",
        "animation_file",
    ),
    "ops": (
        *("fused_normalization", "noise", "plan_sizes", "quantize", "resize"),
        "opacity",
        *("step_sizes", "back_projection", "masks", "mirror"),
        *("patches", "photo_colors"),
    ),
    "models": (
        *("blocks", "losses", "optimizer", "crop_windows", "strip_tiling"),
        *("networks", "pyramid_graphs", "pyramid", "scale_gan", "saved_bytes"),
        *("file_claims", "model_file", "generation"),
    ),
    "performance": (
        *("control_groups", "threads", "gpu", "machine", "convolution_peak"),
        *("precision", "flops", "memory"),
        *("timed_step", "estimate", "benchmark_report", "benchmark"),
    ),
    "metrics": ("frechet", "patches", "scores"),
    "training": (
        *("progress_file", "callbacks", "interrupts", "clock", "progress"),
        *("progress_report", "checkpoint", "run_lock", "run_folder"),
        *("moving_averages", "scale_data", "scale_trainer", "fit"),
    ),
    "tasks": (
        *("shared", "sampling", "noise_walk"),
        *("animation", "naive_edit", "super_resolution", "retrained_scale"),
        "kept_scales",
        *("painting", "editing", "harmonization", "variation", "extension"),
        "hole_filling",
    ),
    "task_methods": (),
    "client": (
        *("one_line", "bounded_http", "images", "frames_file", "arguments"),
        *("image_methods", "retries", "task_client"),
        *("addresses", "failures", "replies", "rest_client", "grpc_client"),
    ),
    "export": (
        *("guards", "limits", "packed_pyramid", "warmup_requests", "encoded_images"),
        *("task_graphs", "request_checks", "image_signatures", "sampling_signatures"),
        *("signatures", "readme", "saved_model"),
    ),
    "hub": ("hub_client", "hub_load", "model_card", "hub_push"),
    "estimator": (),
    "fleet": (
        *("extras", "place", "records", "photos", "photo_report", "fleet_plan"),
        *("fleet_status", "fleet_display", "contact_pages", "cluster"),
        *("worker", "survey", "driver", "fleet_run"),
    ),
    "server": (
        *("extra", "settings", "status_codes", "prometheus", "admission"),
        *("signature_types", "proto_tensors", "json_codec", "servables", "metadata"),
        *("network", "grpc_api", "rest_api", "asgi_app", "server"),
    ),
    "studio": (
        *("studio_extra", "studio_settings", "training_state", "runs_shelf"),
        *("uploads", "trainings", "plans", "command_lines", "worker"),
        *("worker_process", "task_queue", "web"),
    ),
    "cli": (
        *("process", "given_images", "options", "listening_options"),
        *("task_options", "results"),
        *("config_options", "query_options", "task_run", "query_output"),
        *("image_extras", "fitting_run", "commands"),
        *("command_group", "main"),
    ),
    "__main__": (),
}
FREE = ["errors", "config", "geometry", "backend", "performance.machine"]
FREE += ["training.progress_file", "training.run_lock"]
FREE += ["performance.control_groups", "performance.threads"]
FREE += ["specs.*", "task_specs"]
FREE += ["io.*", "client.*", "cli.*"]
FREE += ["studio.*"]
FREE += ["fleet.extras", "fleet.fleet_status", "fleet.driver", "fleet.fleet_run"]
FREE += ["fleet.survey", "fleet.worker.photo_task"]

PUBLIC = [
    *("BackendError", "ConfigError", "FleetError", "HubError", "ImageError"),
    *("ModelFileError", "NotFittedError", "OutputError", "RunFolderError"),
    *("ScaleGAN", "ServingError", "SinGAN", "SinGANConfig", "SinGANError"),
    *("SinGANPyramid", "TaskError", "TrainingError", "__version__"),
]


def place(name):
    """Gives where a module stands: the indices of its room, and within the room."""
    room, *inner = name.split(".")
    within = ORDER[room].index(inner[0]) if inner else -1
    return list(ORDER).index(room), within


def imports(path):
    """Yields the package's modules that a file imports, in functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports must be absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield from found(name)


def found(name):
    """Yields the module that `keras_singan.x.Name` is or comes from."""
    package, *parts = name.split(".")
    if package != "keras_singan" or parts == ["__version__"]:
        return
    if parts[0] in keras_singan._HOMES:
        yield keras_singan._HOMES[parts[0]]
    elif ".".join(parts) in FILES:
        yield ".".join(parts)
    else:
        assert ".".join(parts[:-1]) in FILES, f"what is {name}?"
        yield ".".join(parts[:-1])


@pytest.mark.parametrize("name", FILES)
def test_a_module_imports_only_what_stands_before_it(name):
    # In a room within a room (a codec, the commands) all may import each other.
    inner = name.count(".") > 1
    late = [
        other
        for other in imports(FILES[name])
        if place(other) > place(name) or (place(other) == place(name) and not inner)
    ]
    assert late == []


def test_the_order_names_what_is_there():
    there = {}
    for name in FILES:
        room, *inner = name.split(".")
        there.setdefault(room, set()).update(inner[:1])
    assert there == {room: set(inner) for room, inner in ORDER.items()}


def folders():
    return [
        ROOT,
        *(path for path in ROOT.rglob("*") if (path / "__init__.py").exists()),
    ]


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_no_folder_is_crowded(folder):
    files = [path for path in folder.iterdir() if path.is_file()]
    assert len(files) <= (10 if folder == ROOT else 14)


def test_no_name_stands_twice():
    # The commands are named after what they call.
    names = [
        name.split(".")[-1] for name in FILES if not name.startswith("cli.commands.")
    ]
    assert [name for name in names if names.count(name) > 1] == []


@pytest.mark.parametrize("name", FILES)
def test_no_module_is_longer_than_400_lines(name):
    assert len(FILES[name].read_text("utf-8").splitlines()) <= 400


def test_what_should_be_free_of_tensorflow_is():
    free = [name for name in FILES if name in FREE or f"{name.split('.')[0]}.*" in FREE]
    assert {"errors", "io.plot", "cli.main", "cli.commands.train"} <= set(free)
    modules = ["keras_singan", *(f"keras_singan.{name}" for name in free)]
    code = (
        f"import importlib, sys\nfor name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
        "    loaded = {'tensorflow', 'keras'} & set(sys.modules)\n"
        "    assert not loaded, f'{name} loads {loaded}'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_public_names_are_these():
    assert keras_singan.__all__ == PUBLIC
    assert dir(keras_singan) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there_and_documented(name):
    value = getattr(keras_singan, name)
    if name != "__version__":
        assert value.__name__ == name
        assert value.__doc__.strip()


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'SinGan'"):
        _ = keras_singan.SinGan
    assert not hasattr(keras_singan, "estimate")


@pytest.mark.parametrize("name", FILES)
def test_every_public_name_of_a_module_is_documented(name):
    module = importlib.import_module(f"keras_singan.{name}")
    assert module.__doc__
    for key, value in vars(module).items():
        if key.startswith("_") or getattr(value, "__module__", "") != module.__name__:
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            assert value.__doc__ and value.__doc__.strip(), f"{name}.{key}"


def keras_classes():
    """Yields the classes of the package that Keras could save in a model."""
    for name in FILES:
        module = importlib.import_module(f"keras_singan.{name}")
        for value in vars(module).values():
            saved = (
                keras.layers.Layer,
                keras.losses.Loss,
                keras.initializers.Initializer,
            )
            if (
                inspect.isclass(value)
                and issubclass(value, saved)
                and value.__module__ == module.__name__
                and not value.__name__.startswith("_")
            ):
                yield value


def test_every_keras_class_is_registered():
    classes = {value.__name__: value for value in keras_classes()}
    assert {"Generator", "Discriminator", "ScaleGAN", "SinGANPyramid"} <= set(classes)
    for name, value in classes.items():
        assert keras.saving.get_registered_name(value) == f"keras_singan>{name}"
        assert keras.saving.get_registered_object(f"keras_singan>{name}") is value

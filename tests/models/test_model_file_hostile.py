"""Model files of another kind, or made to do harm: refused, and never run."""

import builtins
import json
import sys
import zipfile

import keras
import pytest
from support.checks import assert_one_line
from support.hostile_models import rewritten
from support.masked_models import masked
from support.tiny_models import TINY
from support.tiny_models import assert_refused
from support.tiny_models import assert_same_weights
from support.tiny_models import trained

from keras_singan import ModelFileError
from keras_singan import SinGAN
from keras_singan.models.model_file import FORMAT_VERSION
from keras_singan.models.pyramid import SinGANPyramid

SENTINEL = "a_module_that_nobody_may_import"


@pytest.fixture
def file():
    return trained()[1] / "singan.keras"


@pytest.fixture
def sentinel(tmp_path, monkeypatch):
    """A module on the path that raises a flag when it is imported."""
    text = "import builtins\nbuiltins.sentinel_ran = True\nclass Evil: pass\n"
    (tmp_path / f"{SENTINEL}.py").write_text(text + "def evil(*x, **k): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield {"module": SENTINEL, "class_name": "Evil", "config": {}}
    assert SENTINEL not in sys.modules
    assert not hasattr(builtins, "sentinel_ran")


def test_a_copy_without_changes_loads(file, tmp_path):
    assert_same_weights(
        SinGAN.load(rewritten(file, tmp_path / "c.keras")), trained()[0]
    )


def test_other_keras_models_are_refused_and_never_run(tmp_path):
    ran = []
    layers = [keras.layers.Dense(2), keras.layers.Lambda(lambda x: ran.append(1) or x)]
    for layer in layers:
        model = keras.Sequential([keras.Input((3,)), layer])
        del ran[:]
        model.save(tmp_path / "other.keras")
        assert_refused(tmp_path / "other.keras", "Sequential")
        assert not ran


@pytest.mark.parametrize("member", ["config", "model"])
def test_a_zip_without_a_part_is_refused(file, tmp_path, member):
    path = rewritten(file, tmp_path / "part.keras", **{member: None})
    assert_refused(path, "damaged")


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "[" * 100_000, '{"config": 1}'])
def test_a_config_of_another_form_is_refused(file, tmp_path, text):
    assert_refused(rewritten(file, tmp_path / "x.keras", config=text), "damaged")


def test_a_file_from_the_future_names_the_upgrade(file, tmp_path):
    def change(content):
        content["config"]["metadata"]["format_version"] = FORMAT_VERSION + 1
        content["config"]["metadata"]["written_by"] = "keras_singan 9.9"

    path = rewritten(file, tmp_path / "future.keras", change)
    with pytest.raises(ModelFileError) as error:
        SinGAN.load(path)
    assert_one_line(error)
    for text in ("keras_singan 9.9", "upgrade this package", f"={FORMAT_VERSION + 1}."):
        assert text in str(error.value)


@pytest.mark.parametrize("name", ["sizes", "filters", "channels", "metadata", "steps"])
def test_nested_objects_are_never_made(file, tmp_path, sentinel, name):
    def change(content):
        values = content["config"]
        place = values["metadata"]["config"] if name == "steps" else values
        place[name] = sentinel

    assert_refused(rewritten(file, tmp_path / "nested.keras", change), "damaged")


def test_a_hostile_class_is_never_imported(file, tmp_path, sentinel):
    whole = rewritten(file, tmp_path / "a.keras", lambda c: c.update(sentinel))
    assert_refused(whole, "damaged")
    named = sentinel | {"registered_name": f"{SENTINEL}>Evil"}
    whole = rewritten(file, tmp_path / "b.keras", lambda c: c.update(named))
    assert_refused(whole, "SinGANPyramid", SENTINEL)

    def change(content):
        content |= {"module": SENTINEL, "class_name": "Evil"}
        content["build_config"] = content["compile_config"] = sentinel
        content["config"]["dtype"] = sentinel

    # Our numbers under a false class: nobody looks at the class.
    loaded = SinGAN.load(rewritten(file, tmp_path / "c.keras", change))
    assert_same_weights(loaded, trained()[0])


@pytest.mark.parametrize(
    "sizes, options",
    [
        (3, {"filters": (5, 5, 5)}),
        (2, {"filters": (4, 4)}),
        (3, {"filters": (4, 4, 4), "channels": 4}),
        (3, {"filters": (4, 4, 4), "normalization": None}),
    ],
)
def test_weights_of_another_shape_are_refused(file, tmp_path, sizes, options):
    sizes = trained()[0].pyramid_.sizes[:sizes]
    other = SinGANPyramid(sizes, num_layers=TINY["num_layers"], **options)
    other.save(tmp_path / "other.keras")
    with zipfile.ZipFile(tmp_path / "other.keras") as archive:
        weights = archive.read("model.weights.h5")
    path = rewritten(file, tmp_path / "mixed.keras", model=weights)
    assert_refused(path, "damaged")


@pytest.mark.parametrize(
    "names, text",
    [
        (["../../x"], "no name of a mask"),
        ([""], "no name of a mask"),
        ([7], "no name of a mask"),
        (["a" * 41], "no name of a mask"),
        (["a", "a"], "one name"),
        (["a", "b", "c"], "at most 2 masks"),
        ("ab", "at most 2 masks"),
    ],
)
def test_names_of_masks_are_read_with_suspicion(file, tmp_path, names, text):
    # They become parts of the names of files.
    def change(content):
        content["config"]["mask_names"] = names

    assert_refused(rewritten(file, tmp_path / "x.keras", change), text)


def test_only_a_file_with_masks_needs_a_version_that_knows_them(tmp_path):
    assert stored_version(trained()[1] / "singan.keras") == FORMAT_VERSION - 1
    model = masked()
    assert stored_version(model.save(tmp_path / "m.keras")) == FORMAT_VERSION


def stored_version(path):
    content = json.loads(zipfile.ZipFile(path).read("config.json"))
    return content["config"]["metadata"]["format_version"]


def test_a_pointer_of_git_lfs_is_named(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("version https://git-lfs.github.com/spec/v1\nsize 12345\n")
    assert_refused(path, "Git LFS pointer", "`git lfs pull` fetches it")

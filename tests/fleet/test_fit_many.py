"""`fit_many`: what Python gives it, and what it gives back."""

import io
import json
import os

import numpy as np
import pytest
from PIL import Image
from support.checks import assert_one_line
from support.photos import photo
from support.photos import photo_file
from support.tiny_models import TINIER

from keras_singan import SinGAN
from keras_singan.errors import ConfigError
from keras_singan.errors import FleetError
from keras_singan.errors import ImageError
from keras_singan.fleet import PhotoReport
from keras_singan.fleet import fit_many
from keras_singan.fleet import read_status
from keras_singan.fleet.fleet_plan import Settings
from keras_singan.fleet.fleet_run import plan_fleet
from keras_singan.fleet.place import Place


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "place")


def test_the_function_is_found_whatever_was_imported_before():
    import keras_singan.fleet
    from keras_singan.fleet import fit_many as again

    assert keras_singan.fleet.fit_many is again is fit_many
    assert fit_many.__name__ == "fit_many"


def planned(images, place, **options):
    return plan_fleet(images, place, options, Settings()).photos


def stored(photo):
    return np.load(photo.photo)


@pytest.mark.parametrize(
    "array",
    [
        photo(24, 30),
        photo(24, 30)[..., 0],
        photo(24, 30).astype("uint16") * 257,
        photo(24, 30).astype("float32") / 255,
    ],
    ids=["colour", "grey", "deep", "float"],
)
def test_an_array_is_kept_in_the_place_as_it_is(place, array):
    (one,) = planned(array, place)
    assert stored(one).dtype == array.dtype
    assert np.array_equal(stored(one), array)


def test_the_same_array_is_the_same_photo_in_every_call(place):
    plan = plan_fleet([photo(24, 30)], place, {}, Settings())
    plan.write(place)
    first = plan.photos[0]
    again = planned([photo(24, 30), photo(24, 30, seed=1)], place)
    assert again[0] == first and len(again) == 2


def test_masks_of_a_photo_may_be_arrays_and_paths(place):
    mask = np.zeros((24, 30), bool)
    mask[4:9, 5:12] = True
    entry = {"photo": photo(24, 30), "masks": [mask, "sky.png"]}
    (one,) = planned([entry], place)
    first, second = one.options["masks"]
    assert np.array_equal(np.load(first), mask * np.uint8(255))
    assert second == os.path.abspath("sky.png")
    single = planned([{"photo": photo(24, 30), "masks": mask}], place)
    assert single[0].options["masks"] == [first]


def test_how_photos_are_read_is_an_option_of_the_fleet(place):
    given = {"value_range": (0, 4095), "max_pixels": 10**6}
    plan = plan_fleet([photo(24, 30)], place, given, Settings())
    plan.write(place)
    # The same again, as the file has it.
    assert plan_fleet([photo(24, 30)], place, given, Settings()).options == {
        "value_range": [0, 4095],
        "max_pixels": 10**6,
    }
    with pytest.raises(FleetError, match="begun with value_range"):
        plan_fleet([photo(24, 30)], place, {"max_pixels": 10**6}, Settings())


@pytest.mark.parametrize(
    "options, words",
    [
        ({"value_range": [5, 1]}, "low below"),
        ({"max_pixels": 0}, "above 0"),
        ({"max_pixels": True}, "above 0"),
        ({"masks": "one.png"}, "1 to 8 paths"),
        ({"masks": []}, "1 to 8 paths"),
        ({"masks": ["m.png"] * 9}, "1 to 8 paths"),
    ],
)
def test_reading_options_out_of_range_are_refused(place, options, words):
    with pytest.raises(ConfigError, match=words) as error:
        planned([photo(24, 30)], place, **options)
    assert_one_line(error)


def test_a_palette_is_colours_and_not_numbers(place):
    image = Image.fromarray(photo(24, 30)).quantize(8)
    (one,) = planned(image, place)
    assert np.array_equal(stored(one), np.asarray(image.convert("RGB")))


def test_a_camera_s_rotation_is_applied(place):
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo(24, 30)).save(buffer, "PNG", exif=exif)
    (one,) = planned(Image.open(buffer), place)
    assert np.array_equal(stored(one), np.rot90(photo(24, 30), -1))


@pytest.mark.filterwarnings("ignore:Transparency")
def test_transparency_is_as_the_photo_s_options_say(place):
    clear = Image.fromarray(photo(24, 30)).convert("RGBA")
    clear.putalpha(128)
    entries = [clear, {"photo": clear, "alpha": "train"}]
    assert [stored(one).shape[-1] for one in planned(entries, place)] == [3, 4]
    grey = clear.convert("LA")
    assert stored(planned(grey, Place(place.path("grey")))[0]).shape[-1] == 1


def test_a_dictionary_has_a_name_and_options(place, tmp_path):
    path = photo_file(tmp_path / "a.png")
    entries = [{"photo": path, "name": "Ann", "steps": 7}, {"photo": photo(24, 30)}]
    one, other = planned(entries, place)
    assert (one.name, one.photo, one.options) == ("Ann", str(path), {"steps": 7})
    assert other.name.startswith("array_") and other.options == {}


@pytest.mark.parametrize(
    ("images", "error", "words"),
    [
        ([], FleetError, "at least one photo"),
        ([None], ImageError, "Received: NoneType"),
        ([{"name": "x"}], ImageError, "Received: NoneType"),
        (np.zeros((2, 3, 4, 5)), ImageError, "Received: ndarray"),
        (np.array(["a", "b"]), ImageError, "Received: ndarray"),
        ("missing", FleetError, "An input must be"),
        ({"photo": "a.png", "colour": 3}, ConfigError, "colour"),
    ],
    ids=["none", "nothing", "no photo", "rank", "texts", "missing", "option"],
)
def test_what_is_no_photo_is_refused_in_one_line(place, images, error, words):
    with pytest.raises(error, match=words) as caught:
        planned(images, place)
    assert_one_line(caught)


def test_options_are_checked_before_anything_runs(tmp_path):
    with pytest.raises(ConfigError, match="`attempts` must be"):
        fit_many(photo(24, 30), tmp_path / "place", attempts=0)
    with pytest.raises(ConfigError, match="colour"):
        fit_many(photo(24, 30), tmp_path / "place", colour=3)
    assert not (tmp_path / "place" / "fleet.json").exists()


@pytest.mark.slow
def test_photos_are_trained_and_reported(ray, tmp_path):
    place = tmp_path / "place"
    path = photo_file(tmp_path / "a.png")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no photo")
    images = [photo(24, 30), {"photo": path, "name": "ann", "steps": 2}, str(broken)]
    how = {"cpus_per_photo": 1, "samples": 2, "evaluate": True, **TINIER}
    reports = fit_many(images, place, **how)
    assert all(isinstance(report, PhotoReport) for report in reports)
    assert [report.state for report in reports] == ["done", "done", "failed"]
    array, ann, failed = reports
    assert ann.name == "ann" and ann.swd > 0 and ann.diversity > 0
    assert ann.attempts == 1 and ann.seconds > 0 and ann.machine
    assert "broken.png" in failed.error and "\n" not in failed.error
    config = json.loads((place / "ann" / "config.json").read_text())["config"]
    assert config["steps"] == 2
    assert len(list((place / "ann" / "samples").iterdir())) == 2
    model = SinGAN.load(place / array.name)
    assert model.sample(1, seed=0).shape == (1, 24, 30, 3)
    assert read_status(place).reports == reports

    # The same call again has nothing to do; with `retry` the broken one is tried.
    assert fit_many(images, place, **how) == reports
    photo_file(broken, 24, 30)
    retried = fit_many(images, place, **how, retry=True)
    assert [report.state for report in retried] == ["done"] * 3
    assert retried[:2] == reports[:2]

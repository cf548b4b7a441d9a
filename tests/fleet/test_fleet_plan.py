import json

import pytest
from support.checks import assert_one_line

from keras_singan.errors import ConfigError
from keras_singan.errors import FleetError
from keras_singan.fleet.fleet_plan import Settings
from keras_singan.fleet.fleet_plan import make_plan
from keras_singan.fleet.fleet_plan import read_plan
from keras_singan.fleet.place import Place

OPTIONS = {"preset": "draft", "alpha": "composite"}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "place")


def planned(place, entries, options=OPTIONS):
    plan = make_plan(place, entries, options, Settings())
    plan.write(place)
    return plan


def test_two_photos_of_one_name_are_told_apart(place):
    plan = planned(place, [{"photo": "/a/x.png"}, {"photo": "/b/X.jpg"}])
    assert [p.name for p in plan.photos] == ["x", "X-2"]


def test_the_plan_is_what_was_written(place):
    entries = [{"photo": "/a/x.png", "name": "Ann Müller", "steps": 5}]
    plan = planned(place, entries)
    assert plan.photos[0].name == "Ann_Muller"
    assert read_plan(place) == plan


def test_the_same_command_changes_nothing_and_more_photos_come_after(place):
    entries = [
        {"photo": "/a/x.png", "name": "n"},
        {"photo": "/b/x.png", "name": "n"},
        {"photo": "/b/x.png"},
    ]
    first = planned(place, entries)
    assert [p.name for p in first.photos] == ["n", "n-2", "x"]
    assert planned(place, entries) == first
    more = planned(place, [{"photo": "/c/x.png"}, *entries])
    assert [p.name for p in more.photos] == ["n", "n-2", "x", "x-2"]


def test_other_options_are_refused_with_what_changed(place):
    planned(place, [{"photo": "/x.png"}])
    with pytest.raises(FleetError, match="preset='draft' \\(now 'fast'\\)") as error:
        make_plan(place, [], OPTIONS | {"preset": "fast"}, Settings())
    assert_one_line(error)


def test_a_folder_of_something_else_is_refused(place):
    place.write("letters/dear.txt", b"x")
    with pytest.raises(FleetError, match="'letters'") as error:
        planned(place, [{"photo": "/x.png"}])
    assert_one_line(error)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"photos": [{"odd": 1}]}', "\x00"]
)
def test_a_broken_plan_is_refused(place, content):
    place.write("fleet.json", content.encode())
    with pytest.raises(FleetError, match="fleet.json") as error:
        read_plan(place)
    assert_one_line(error)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stepz": 3}, "Did you mean 'steps'"),
        ({"steps": -1}, "steps=-1"),
        ({"alpha": "paint"}, "`alpha` must be"),
        ({"preset": "best"}, "`preset` must be"),
    ],
)
def test_a_photo_s_options_are_checked_before_anything_runs(place, options, words):
    with pytest.raises(ConfigError, match=words) as error:
        planned(place, [{"photo": "/x.png"} | options])
    assert str(error.value).startswith("/x.png: ")
    assert_one_line(error)
    with pytest.raises(ConfigError, match=words):
        make_plan(place, [], OPTIONS | options, Settings())
    assert not place.exists("fleet.json")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cpus_per_photo", 0),
        ("cpus_per_photo", 1.5),
        ("cpus_per_photo", float("nan")),
        ("gpus_per_photo", -1),
        ("attempts", 0),
        ("samples", -1),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigError, match=name) as error:
        Settings(**{name: value})
    assert_one_line(error)


def test_a_plan_of_ten_thousand_photos_is_small(place):
    plan = planned(place, [{"photo": f"/photos/p{i}.png"} for i in range(10_000)])
    assert len({p.name for p in plan.photos}) == 10_000
    assert len(json.dumps(place.read("fleet.json").decode())) < 3_000_000

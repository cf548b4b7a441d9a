import os

import pytest
from support.checks import assert_one_line
from support.faulty_store import fresh_store

from keras_singan.errors import FleetError
from keras_singan.errors import OutputError
from keras_singan.fleet import place as place_module
from keras_singan.fleet.place import Place


@pytest.fixture
def faulty(monkeypatch):
    monkeypatch.setattr(place_module, "_FIRST_WAIT", 0.001)
    return fresh_store()


@pytest.fixture(params=["disk", "store"])
def place(request, tmp_path, faulty):
    return Place(tmp_path / "p" if request.param == "disk" else "faulty://bucket/p")


def test_what_is_written_is_read(place, tmp_path):
    place.write("a/b.json", b"{}")
    (tmp_path / "local").write_bytes(b"local")
    place.upload(tmp_path / "local", "a/c")
    assert place.read("a/b.json") == b"{}"
    assert place.read("a/c") == b"local"
    assert place.names("a") == {"b.json", "c"}
    assert place.exists("a/c") and not place.exists("a/d") and not place.exists("a")
    place.write("a/c", b"new")
    assert place.read("a/c") == b"new"
    place.remove("a/c")
    place.remove("a/c")
    assert place.read("a/c") is None
    assert place.names("none") == set()


@pytest.mark.parametrize(
    "faults",
    [
        ["fail"],
        ["half"],
        ["lost"],
        ["slow"],
        ["moved"],
        ["fail", "half", "lost", "moved", "half"],
    ],
    ids="-".join,
)
def test_a_store_that_fails_for_a_while_gets_whole_files(faulty, faults):
    place = Place("faulty://bucket/p")
    place.write("f", b"old")
    faulty.faults[:] = faults
    place.write("f", b"new and longer")
    assert place.read("f") == b"new and longer"
    assert place.names("") == {"f"}
    place.remove_parts("")
    assert [key for key in faulty.store if "part" in key] == []


@pytest.mark.parametrize("fault", ["fail", "half", "lost"])
def test_a_store_that_fails_for_good_keeps_the_old_file(faulty, fault):
    place = Place("faulty://bucket/p")
    place.write("f", b"old")
    faulty.faults[:] = [fault] * 50
    with pytest.raises(OutputError) as error:
        place.write("f", b"new and longer")
    assert_one_line(error)
    assert place.read("f") == b"old"
    assert len(faulty.store) == 1


def test_a_store_that_cannot_be_read_is_a_line(faulty, monkeypatch):
    def cat_file(self, path, **options):
        raise OSError("no route\nto host")

    monkeypatch.setattr(faulty, "cat_file", cat_file)
    with pytest.raises(FleetError, match="no route to host") as error:
        Place("faulty://bucket/p").read("f")
    assert_one_line(error)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError):
        Place(tmp_path).write("a/b", b"x")


def test_a_file_in_the_way_is_a_line(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    place = Place(tmp_path / "file")
    assert place.read("a") is None
    with pytest.raises(OutputError) as error:
        place.write("a", b"x")
    assert_one_line(error)


@pytest.mark.parametrize("text", ["odd://x/y", "faultyy://"])
def test_a_place_that_no_store_has_is_a_line(text):
    with pytest.raises(FleetError) as error:
        Place(text).read("fleet.json")
    assert_one_line(error)


def test_a_local_url_is_a_folder(tmp_path):
    place = Place(f"file://{tmp_path}")
    assert place.is_local and place.address == str(tmp_path)

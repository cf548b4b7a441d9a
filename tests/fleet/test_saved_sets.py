import threading

import pytest
from support.faulty_store import fresh_store

from keras_singan.errors import OutputError
from keras_singan.fleet import place as place_module
from keras_singan.fleet.place import Place
from keras_singan.fleet.worker.saved_sets import SavedSets


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setattr(place_module, "_FIRST_WAIT", 0.001)
    return fresh_store()


@pytest.fixture
def place(store):
    return Place("faulty://bucket/fleet")


def run_folder(path, **files):
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = path / name.replace("__", "/")
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    return path


def contents(path):
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }


def restored(place, path):
    path.mkdir()
    assert SavedSets(place, "photo", path).restore()
    return contents(path)


def test_a_set_comes_back_on_another_machine(place, tmp_path):
    one = run_folder(tmp_path / "one", config=b"c", checkpoints__s0=b"w", progress=b"")
    SavedSets(place, "photo", one).save()
    assert restored(place, tmp_path / "two") == contents(one)


def test_a_later_set_replaces_the_earlier_and_leaves_nothing_of_it(
    place, store, tmp_path
):
    one = run_folder(tmp_path / "one", config=b"c", checkpoints__partial=b"old")
    sets = SavedSets(place, "photo", one)
    sets.save()
    run_folder(one, checkpoints__partial=b"new")
    sets.save()
    assert len(place.names("photo/.saved")) == 2
    assert restored(place, tmp_path / "two")["checkpoints/partial"] == b"new"


def test_what_has_not_changed_is_not_sent_again(place, store, tmp_path):
    one = run_folder(tmp_path / "one", config=b"c", checkpoints__s0=b"w")
    sets = SavedSets(place, "photo", one)
    sets.save()
    store.puts.clear()
    sets.save()
    assert store.puts == []
    run_folder(one, checkpoints__s1=b"v")
    sets.save()
    moved = [name for name in store.puts if ".part-" not in name]
    assert len(moved) == 2 and moved[-1].endswith("/.saved.json")


@pytest.mark.parametrize("fault", ["fail", "half", "lost"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_set_that_was_cut_short_does_not_count(place, store, tmp_path, fault, after):
    one = run_folder(tmp_path / "one", config=b"c", checkpoints__partial=b"old")
    sets = SavedSets(place, "photo", one)
    sets.save()
    whole = contents(one)
    run_folder(one, checkpoints__partial=b"new", checkpoints__s0=b"more")
    store.faults[:] = ["ok"] * after + [fault] * 30
    with pytest.raises(OutputError):
        sets.save()
    store.faults.clear()
    assert restored(place, tmp_path / "two") == whole


def test_a_set_with_a_damaged_file_is_not_trusted(place, tmp_path):
    one = run_folder(tmp_path / "one", config=b"c", checkpoints__s0=b"weights")
    SavedSets(place, "photo", one).save()
    (name,) = [n for n in place.names("photo/.saved") if n.endswith("-s0")]
    place.write(f"photo/.saved/{name}", b"weight5")
    two = tmp_path / "two"
    two.mkdir()
    assert not SavedSets(place, "photo", two).restore()
    assert contents(two) == {}


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", ""])
def test_a_set_cannot_write_outside_its_folder(place, tmp_path, path):
    one = run_folder(tmp_path / "one", config=b"c")
    sets = SavedSets(place, "photo", one)
    sets.save()
    from keras_singan.fleet.records import read_json
    from keras_singan.fleet.records import write_json_to

    (entry,) = read_json(place, "photo/.saved.json").values()
    data = place.read(f"photo/.saved/{entry[0][:32]}-config")
    place.write(f"photo/.saved/{entry[0][:32]}-evil", data)
    write_json_to(place, "photo/.saved.json", {path: entry})
    two = tmp_path / "deep" / "two"
    two.mkdir(parents=True)
    assert not SavedSets(place, "photo", two).restore()
    assert list(tmp_path.rglob("evil")) == []


def test_finished_files_stand_under_their_own_names_the_model_last(
    place, store, tmp_path
):
    one = run_folder(tmp_path / "one", config=b"c", checkpoints__s0=b"w")
    sets = SavedSets(place, "photo", one)
    sets.save()
    (one / "singan.keras").write_bytes(b"model")
    (one / "progress.json").write_bytes(b"{}")
    sets.finish()
    names = "config", "checkpoints", "singan.keras", "progress.json"
    assert place.names("photo") - {".saved"} == set(names)
    assert place.names("photo/.saved") == set()
    moved = [name.rpartition("/")[2] for name in store.puts if ".part-" not in name]
    assert moved.index("singan.keras") > moved.index("config")


def test_after_the_end_nothing_is_saved_any_more(place, store, tmp_path):
    one = run_folder(tmp_path / "one", config=b"c", checkpoints__s0=b"w")
    sets = SavedSets(place, "photo", one, every=0.0)
    (one / "singan.keras").write_bytes(b"model")
    with sets.kept():
        sets.finish()
        run_folder(one, more=b"m")
    sets.save()
    assert ".saved.json" not in place.names("photo")
    assert place.names("photo/.saved") == set()


def test_a_done_scale_is_saved_at_once_though_the_store_fails_first(
    place, store, tmp_path
):
    one = run_folder(tmp_path / "one", config=b"c", checkpoints__s0=b"w")
    sets = SavedSets(place, "photo", one, every=1000, progress_every=0.01)
    saved, failed = threading.Event(), threading.Event()
    before = sets.save

    def save():
        if not failed.is_set():
            failed.set()
            raise OutputError("A store must answer. Received: nothing.")
        before()
        saved.set()

    sets.save = save
    with sets.kept():
        sets.scale_done()
        assert failed.wait(20)
        sets.scale_done()
        assert saved.wait(20)
    assert restored(place, tmp_path / "two") == contents(one)

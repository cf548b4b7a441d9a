import re
from pathlib import Path

import fsspec
import pytest
from support.checks import assert_one_line

from keras_singan.errors import FleetError
from keras_singan.errors import needs_extra
from keras_singan.fleet.photos.listing import list_photos
from keras_singan.fleet.photos.listing import with_masks


@pytest.fixture(autouse=True)
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b/p10.jpg", "b/p2.JPG", "b/deep/q.png", "b/notes.txt", "a.webp"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")
    Path("b/.hidden").mkdir()
    Path("b/.hidden/h.png").write_bytes(b"x")
    return tmp_path


def found(*inputs):
    return [Path(entry["photo"]).name for entry in list_photos(inputs)]


def test_a_folder_gives_its_photos_in_natural_order():
    assert found("b") == ["q.png", "p2.JPG", "p10.jpg"]


def test_a_pattern_gives_what_it_matches():
    assert found("b/*.jpg") == ["p10.jpg"]
    assert found("**/*.png") == ["q.png"]


def test_a_file_comes_whatever_its_suffix_and_once(tmp_path):
    assert found("b/notes.txt", Path("a.webp"), "./a.webp") == ["notes.txt", "a.webp"]
    assert list_photos(["a.webp"]) == [{"photo": str(tmp_path / "a.webp")}]


def test_a_csv_manifest_gives_names_and_options(tmp_path):
    text = "photo,name,steps,max_size\na.webp,first,5,none\n/x/y.png,,,\n"
    Path("b/m.csv").write_text(text, "utf-8")
    assert list_photos(["b/m.csv"]) == [
        {
            "photo": str(tmp_path / "b/a.webp"),
            "name": "first",
            "steps": 5,
            "max_size": None,
        },
        {"photo": "/x/y.png"},
    ]


def test_masks_and_ranges_of_a_manifest_are_those_of_fit(tmp_path):
    text = 'photo,mask,range\na.webp,m/dog.png; sky.png,"0,4095"\na.webp,,auto\n'
    Path("b/m.csv").write_text(text, "utf-8")
    first, second = list_photos(["b/m.csv"])
    assert first["masks"] == [str(tmp_path / "b" / n) for n in ("m/dog.png", "sky.png")]
    assert first["value_range"] == [0, 4095] and "mask" not in first
    assert "masks" not in second and second["value_range"] == "auto"
    Path("m.jsonl").write_text(
        '{"photo": "a.webp", "mask": ["x.png"], "range": [0, 1]}'
    )
    (entry,) = list_photos(["m.jsonl"])
    assert entry["masks"] == [str(tmp_path / "x.png")]
    assert entry["value_range"] == [0, 1]


def test_a_folder_of_masks_gives_each_photo_the_one_of_its_name(tmp_path):
    for name in ("b/masks/p10.png", "b/masks/p2.png", "b/masks/q.gif"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(b"x")
    masked = with_masks(list_photos(["b"]), "b/masks")
    # The masks lie below the photos, and are none of them.
    assert [Path(each["photo"]).name for each in masked] == [
        *("q.png", "p2.JPG", "p10.jpg")
    ]
    assert [Path(each["masks"][0]).name for each in masked] == [
        *("q.gif", "p2.png", "p10.png")
    ]
    own = with_masks([{"photo": "/x/p2.png", "masks": ["/y.png"]}], "b/masks")
    assert own == [{"photo": "/x/p2.png", "masks": ["/y.png"]}]


def test_a_photo_without_its_mask_is_refused():
    with pytest.raises(
        FleetError, match=r"one for each photo.* 0 for .*q\.png"
    ) as error:
        with_masks(list_photos(["b/deep"]), "a.webp")
    assert_one_line(error)


def test_a_jsonl_manifest_may_name_a_photo_twice():
    Path("m.jsonl").write_text(
        '{"photo": "a.webp", "seed": 1}\n\n{"photo": "a.webp", "seed": 2}\n', "utf-8"
    )
    assert [entry["seed"] for entry in list_photos(["m.jsonl"])] == [1, 2]


@pytest.mark.parametrize("name", ["folder", "folder/*.png", "folder/s.png"])
def test_what_a_store_holds(name):
    store = fsspec.filesystem("memory")
    store.pipe_file("/folder/s.png", b"x")
    try:
        (entry,) = list_photos([f"memory://{name}"])
        assert entry["photo"] == "memory:///folder/s.png"
    finally:
        store.rm("/folder", recursive=True)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("m.csv", "file,name\na,b\n", "column `photo`"),
        ("m.csv", "photo,name\na,b,c\n", "as many cells in photo 1"),
        ("m.csv", "photo\n", "name a photo"),
        ("m.csv", "photo,name\n,b\n", "text as `photo` in photo 1"),
        ("m.csv", b"photo\n\xff\n", "UTF-8"),
        ("m.jsonl", "[1]\n", "in line 1"),
        ("m.jsonl", '{"photo": 3}\n', "text as `photo`"),
        ("m.jsonl", '{"photo": "a", "name": 3}\n', "text as `name`"),
    ],
)
def test_a_broken_manifest_is_refused_in_one_line(name, text, words):
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FleetError, match=words) as error:
        list_photos([name])
    assert_one_line(error)


@pytest.mark.parametrize(
    "text", ["missing.png", "x/*.png", "b/.hidden/none", "missing.csv", "odd://x/y"]
)
def test_an_input_that_names_nothing_is_refused_in_one_line(text):
    with pytest.raises(FleetError) as error:
        list_photos([text])
    assert_one_line(error)
    assert text in str(error.value)


def test_a_library_that_is_missing_is_named(monkeypatch):
    def url_to_fs(url, **options):
        raise ImportError("Please install gcsfs")

    monkeypatch.setattr("fsspec.core.url_to_fs", url_to_fs)
    text = re.escape(needs_extra("A place of gs://", "gs"))
    with pytest.raises(FleetError, match=text):
        list_photos(["gs://bucket/x"])

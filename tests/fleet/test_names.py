import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_singan.fleet.photos.names import safe_name
from keras_singan.fleet.photos.names import unique_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("photo", "photo"),
        ("my photo (2)", "my_photo_2_"),
        ("Zürich", "Zurich"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("CON", "_CON"),
        ("nul.x", "_nul.x"),
        ("sheets", "_sheets"),
        ("東京", "photo"),
        ("", "photo"),
        ("...", "photo"),
        ("x" * 300, "x" * 80),
    ],
)
def test_names_are_safe(text, name):
    assert safe_name(text).rstrip("_") == name.rstrip("_")


@given(st.lists(st.text(max_size=12), max_size=30))
def test_no_two_names_are_alike_on_any_disk(texts):
    taken = set()
    names = [unique_name(text, taken) for text in texts]
    assert len({name.lower() for name in names}) == len(texts)
    for name in names:
        assert name.isascii() and not set(name) & set('/\\:*?"<>| ')
        assert name[0] not in ".-" and name[-1] != "."


def test_a_taken_name_gets_a_number():
    taken = set()
    assert [unique_name(t, taken) for t in ("a", "A", "a", "a-2")] == [
        "a",
        "A-2",
        "a-3",
        "a-2-2",
    ]

import numpy as np
import pytest
from support.checks import assert_one_line
from support.photos import noise

from keras_singan.errors import ImageError
from keras_singan.io.sheet import contact_sheet
from keras_singan.io.sheet import magnification
from keras_singan.io.sheet import magnify


def dark(height, width, channels=3):
    """A picture without any white pixel, so that it can be told from the sheet."""
    return noise(height, width, channels) // 2


def places(sheet, image):
    """Gives the (top, left) where an RGB image stands in a sheet."""
    windows = np.lib.stride_tricks.sliding_window_view(sheet, image.shape)
    found = (windows[:, :, 0] == image).all(axis=(2, 3, 4))
    return [tuple(map(int, place)) for place in np.argwhere(found)]


def test_every_picture_stands_in_it_as_it_is_whatever_the_sizes():
    images = [dark(20, 30), dark(35, 12), dark(8, 90), dark(1, 1)]
    sheet = contact_sheet(images[:3], ["input", "scale 1", "scale 2"])
    assert sheet.dtype == np.uint8 and sheet.ndim == 3 and sheet.shape[-1] == 3
    for image in images[:3]:
        assert len(places(sheet, image)) == 1
    assert places(contact_sheet(images, list("abcd"), 1), images[0])


def test_pictures_go_row_by_row_and_columns_are_their_square_root():
    images = [dark(20, 30) + shift for shift in range(5)]
    tops, lefts = zip(
        *(places(contact_sheet(images, list("abcde")), x)[0] for x in images),
        strict=True,
    )
    assert tops[0] == tops[1] == tops[2] < tops[3] == tops[4]
    assert lefts[0] == lefts[3] < lefts[1] == lefts[4] < lefts[2]
    wide = contact_sheet(images, list("abcde"), columns=9)
    assert len({places(wide, image)[0][0] for image in images}) == 1
    assert wide.shape[1] == 5 * (30 + 8)


def test_pictures_stand_in_the_middle_of_their_cells():
    large, small = dark(30, 40), dark(10, 20)
    sheet = contact_sheet([large, small], ["a", "b"])
    ((top, left),) = places(sheet, large)
    ((inner_top, inner_left),) = places(sheet, small)
    assert inner_top - top == 10
    assert inner_left - left == 48 + 10


def test_a_label_stands_under_its_picture_and_all_else_is_white():
    images = [dark(20, 60), dark(20, 60)]
    sheet = contact_sheet(images, ["", "scale 1"])
    assert (sheet[:4] == 255).all()
    below = sheet[24:]
    assert (below[:, :68] == 255).all()
    assert (below[:, 68:] < 100).any()
    again = contact_sheet(images, ["", "scale 2"])[24:]
    assert (below != again).any()


@pytest.mark.parametrize("label", ["scale 1, beta 0.95", "gjpqy|Ag", "x" * 200])
def test_a_long_label_makes_its_cell_as_wide(label):
    narrow = contact_sheet([dark(9, 9)], [label])
    wide = contact_sheet([dark(9, 2000)], [label])
    ink = [np.count_nonzero(sheet[13:] < 128) for sheet in (narrow, wide)]
    assert narrow.shape[1] > 9 + 8
    assert ink[0] == ink[1] > 0
    # Nothing of it touches the edges, so nothing was cut off.
    assert (narrow[-4:] == 255).all() and (narrow[:, -4:] == 255).all()


def test_the_size_depends_on_sizes_and_labels_alone():
    shapes = {contact_sheet([dark(9, 99)], [x]).shape for x in ("a", "gjpq", "AAA", "")}
    assert len(shapes) == 1


def test_grey_becomes_rgb():
    grey = dark(10, 12, 1)
    assert places(contact_sheet([grey], ["grey"]), np.repeat(grey, 3, -1))


def test_transparency_is_put_on_white():
    image = np.full((10, 12, 4), 60, np.uint8)
    image[:5, :, 3], image[5:, :, 3] = 255, 0
    sheet = contact_sheet([image], [""])
    ((top, left),) = places(sheet, np.full((5, 12, 3), 60, np.uint8))
    assert (sheet[top + 5 : top + 10, left : left + 12] == 255).all()


def test_other_channels_are_previewed():
    two, five = dark(10, 12, 2), dark(10, 12, 5)
    sheet = contact_sheet([two, five], ["two", "five"])
    assert places(sheet, np.concatenate([two, np.zeros_like(two[..., :1])], -1))
    assert places(sheet, five[..., :3])


@pytest.mark.parametrize(
    "images, labels, columns",
    [
        ([], [], None),
        ([dark(9, 9)], [], None),
        ([dark(9, 9)], ["a", "b"], None),
        ([dark(9, 9)], ["a"], 0),
        ([dark(9, 9).astype("float32")], ["a"], None),
        ([dark(9, 9)[..., 0]], ["a"], None),
        ([dark(9, 0)], ["a"], None),
    ],
)
def test_what_is_no_picture_or_has_no_label_is_refused(images, labels, columns):
    with pytest.raises(ImageError) as error:
        contact_sheet(images, labels, columns)
    assert_one_line(error)


@pytest.mark.parametrize(
    "sizes, factor",
    [
        ([(75, 100)], 3),
        ([(100, 75), (40, 50)], 3),
        ([(125, 60)], 2),
        ([(250, 10)], 1),
        ([(900, 800)], 1),
        ([(1, 1)], 250),
    ],
)
def test_small_pictures_are_magnified_to_be_seen(sizes, factor):
    images = [np.zeros((*size, 3), np.uint8) for size in sizes]
    assert magnification(*images) == factor


@pytest.mark.parametrize("shape", [(2, 3, 1), (4, 2, 3, 3)])
def test_magnified_pixels_are_repeated(shape):
    images = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    large = magnify(images, 3)
    assert large.shape[-3:-1] == (shape[-3] * 3, shape[-2] * 3)
    for y, x in np.ndindex(3, 3):
        assert np.array_equal(large[..., y::3, x::3, :], images)

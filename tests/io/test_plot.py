import warnings

import numpy as np
import pytest
from PIL import Image

from keras_singan.errors import OutputError
from keras_singan.io.plot import plot_losses

NAN, INF = float("nan"), float("inf")
# The box of the first panel, without its frame.
BOX = (slice(23, 140), slice(65, 710))


def draw(path, scales):
    """Draws losses; gives the picture as an array."""
    plot_losses(scales, path)
    with Image.open(path) as image:
        return np.asarray(image)


def curve(picture):
    """Gives where the first panel's curve is, as rows and columns in its box."""
    box = picture[BOX].astype(int)
    return np.nonzero(box[..., 2] - box[..., 0] > 60)


@pytest.mark.parametrize("names", ["a", "abcd", "abcdefg"])
def test_every_loss_has_a_panel(tmp_path, names):
    picture = draw(tmp_path / "p.png", [{name: [1.0, 2.0, 3.0] for name in names}])
    assert picture.shape == (150 * len(names), 720, 3)
    for panel in np.split(picture, len(names)):
        assert (panel < 200).any()


def test_a_curve_goes_from_the_lower_left_to_the_upper_right(tmp_path):
    rows, columns = curve(draw(tmp_path / "p.png", [{"a": list(range(100))}]))
    assert np.corrcoef(rows, columns)[0, 1] < -0.99
    assert columns.max() - columns.min() > 600
    assert rows.max() - rows.min() > 100


def test_one_outlier_does_not_flatten_the_curve(tmp_path):
    values = [*np.linspace(0, 1, 999), 1e6]
    rows, _ = curve(draw(tmp_path / "p.png", [{"a": values}]))
    assert np.unique(rows).size > 100


def test_grey_lines_part_the_scales(tmp_path):
    scales = [{"a": [1.0] * 10}, {"a": [1.0] * 10}, {"a": [1.0] * 20}]
    picture = draw(tmp_path / "p.png", scales)
    grey = np.all(picture[60, 65:710] == 0xDD, axis=-1)
    assert np.nonzero(grey)[0].size == 2


CURVES = {
    "flat": [2.0] * 9,
    "one value": [1.0],
    "all NaN": [NAN] * 5,
    "some NaN": [1.0, NAN, 3.0, 4.0],
    "infinite": [1.0, INF, 3.0, -INF, 4.0],
    "empty": [],
    "huge": [1e38, -1e38, 3e37],
    "long": [0.5] * 20_000,
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("before", [[], [1.0, 2.0]])
def test_no_curve_is_too_odd_to_draw(tmp_path, name, before):
    scales = [{"a": before}, {"a": CURVES[name]}]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw(tmp_path / "p.png", scales).shape == (150, 720, 3)


@pytest.mark.parametrize("odd", [NAN, INF])
def test_the_curve_bridges_what_is_not_finite(tmp_path, odd):
    values = np.linspace(0, 1, 400)
    values[100:200] = odd
    rows, columns = curve(draw(tmp_path / "p.png", [{"a": values.tolist()}]))
    assert np.corrcoef(rows, columns)[0, 1] < -0.999
    assert np.unique(columns).size > 600


def test_no_scales_make_an_empty_picture(tmp_path):
    assert (draw(tmp_path / "p.png", []) == 255).all()


def test_a_path_that_cannot_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        plot_losses([{"a": [1.0]}], tmp_path / "file" / "p.png")

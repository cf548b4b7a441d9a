import warnings

import numpy as np
import pytest
from PIL import Image

from keras_singan.errors import OutputError
from keras_singan.io.plot import plot_losses

NAN, INF = float("nan"), float("inf")
# Panels, the strip above them, and the box of a panel without its frame.
WIDTH, HEIGHT, HEAD = 240, 150, 24
LEFT, RIGHT, TOP, BOTTOM = 59, 231, 21, 117


def draw(path, scales):
    """Draws losses; gives the picture as an array."""
    plot_losses(scales, path)
    with Image.open(path) as image:
        return np.asarray(image)


def curve(picture, scale=0):
    """Gives where the first loss of a scale is, as rows and columns in its box."""
    rows = slice(HEAD + TOP, HEAD + BOTTOM)
    columns = slice(scale * WIDTH + LEFT, scale * WIDTH + RIGHT)
    box = picture[rows, columns].astype(int)
    return np.nonzero(box[..., 2] - box[..., 0] > 60)


@pytest.mark.parametrize("names", ["a", "abcd", "abcdefg"])
@pytest.mark.parametrize("count", [1, 3])
def test_every_loss_of_every_scale_has_a_panel(tmp_path, names, count):
    scales = [{name: [1.0, 2.0, 3.0] for name in names}] * count
    picture = draw(tmp_path / "p.png", scales)
    assert picture.shape == (HEAD + HEIGHT * len(names), WIDTH * count, 3)
    for row in np.split(picture[HEAD:], len(names)):
        for panel in np.split(row, count, axis=1):
            assert (panel < 200).any()


def test_the_axes_have_names_and_numbers(tmp_path, monkeypatch):
    texts = []
    monkeypatch.setattr(
        "PIL.ImageDraw.ImageDraw.text",
        lambda self, xy, text, **options: texts.append(text),
    )
    scales = [{"a_loss": [0.0, 1.0]}, {"a_loss": [2.0] * 700}]
    plot_losses(scales, tmp_path / "p.png")
    first, second = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    assert first == ["scale 0", "a loss", "0.99", "0.01", "0", "2", "iterations"]
    assert second == ["scale 1", "a loss", "2", "2", "0", "700", "iterations"]


def test_a_curve_goes_from_the_lower_left_to_the_upper_right(tmp_path):
    rows, columns = curve(draw(tmp_path / "p.png", [{"a": list(range(100))}]))
    assert np.corrcoef(rows, columns)[0, 1] < -0.99
    assert columns.max() - columns.min() > 160
    assert rows.max() - rows.min() > 85


def test_a_later_scale_of_small_losses_is_no_flat_line(tmp_path):
    scales = [{"a": [100.0, -100.0] * 50}, {"a": np.linspace(0, 0.01, 99).tolist()}]
    rows, _ = curve(draw(tmp_path / "p.png", scales), 1)
    assert np.unique(rows).size > 85


@pytest.mark.parametrize("length", [7, 172, 173, 250, 343, 344, 345, 2000])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
def test_an_iteration_stands_where_it_belongs(tmp_path, length, share):
    values = np.zeros(length)
    place = int(share * length)
    values[:place] = 1
    rows, columns = curve(draw(tmp_path / "p.png", [{"a": values.tolist()}]))
    upper = columns[rows < 10].max()
    # The curve falls between the middles of two iterations, or of two pixels.
    wanted = place / length * (RIGHT - LEFT + 1)
    assert abs(upper - wanted) <= 3 + (RIGHT - LEFT) / length


def test_one_outlier_does_not_flatten_the_curve(tmp_path):
    values = [*np.linspace(0, 1, 999), 1e6]
    rows, _ = curve(draw(tmp_path / "p.png", [{"a": values}]))
    assert np.unique(rows).size > 85


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
        shape = draw(tmp_path / "p.png", scales).shape
    assert shape == (HEAD + HEIGHT, 2 * WIDTH, 3)


@pytest.mark.parametrize("odd", [NAN, INF])
def test_the_curve_bridges_what_is_not_finite(tmp_path, odd):
    values = np.linspace(0, 1, 400)
    values[100:200] = odd
    rows, columns = curve(draw(tmp_path / "p.png", [{"a": values.tolist()}]))
    assert np.corrcoef(rows, columns)[0, 1] < -0.999
    assert np.unique(columns).size > 160


def test_no_scales_make_an_empty_picture(tmp_path):
    assert (draw(tmp_path / "p.png", []) == 255).all()


def test_a_path_that_cannot_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        plot_losses([{"a": [1.0]}], tmp_path / "file" / "p.png")

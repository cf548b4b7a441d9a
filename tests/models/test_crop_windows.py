"""Windows of the scales below a crop: the same as those parts of the whole."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from support.tiny_models import randomize

from keras_singan.config import SinGANConfig
from keras_singan.geometry import plan_scales
from keras_singan.models.crop_windows import Windows
from keras_singan.models.crop_windows import cut
from keras_singan.models.pyramid import SinGANPyramid
from keras_singan.ops.resize import resize

# Odd sides everywhere; crops of the finest need windows of all but the coarsest.
SIX = ((17, 23), (23, 31), (31, 41), (41, 55), (55, 73), (73, 97))
# The image below is larger on one side, then on the other, then as large.
UNEVEN = ((9, 16), (14, 11), (8, 11), (17, 19))
PADDINGS = ["zeros", "noise"]


def new_pyramid(sizes=SIX, **kwargs):
    """Gives a pyramid whose weights, averages and amplitudes are all random."""
    kwargs = {"channels": 2, "num_layers": 2} | kwargs
    pyramid = SinGANPyramid(sizes, [3] * len(sizes), **kwargs)
    randomize(pyramid.generators, seed=5)
    rng = np.random.default_rng(5)
    for generator in pyramid.generators:
        for block in generator.blocks:
            if block.norm is not None:
                block.norm.moving_mean.assign(rng.normal(0, 0.3, 3))
                block.norm.moving_variance.assign(rng.uniform(0.3, 2, 3))
    pyramid.noise_amps.assign(rng.uniform(0.3, 0.9, len(sizes)))
    return pyramid


def whole_noise(pyramid, scale, batch=1):
    """Draws noise for the whole images of the scales below."""
    rng = np.random.default_rng(6)
    shapes = [(batch, *s, pyramid.channels) for s in pyramid.noise_sizes()[:scale]]
    return [tf.constant(rng.normal(size=shape), tf.float32) for shape in shapes]


def whole_previous(pyramid, zs):
    """Generates the whole image from below, with the margin that is zeros."""
    below = pyramid.generate(zs, stop_scale=len(zs))
    upsampled = resize(below, pyramid.sizes[len(zs)])
    pad = [pyramid.num_layers] * 2
    return np.pad(upsampled, [[0, 0], pad, pad, [0, 0]])


def from_windows(windows, **kwargs):
    """Makes the graph of `previous` on windows of the whole noise."""

    @tf.function(autograph=False, **kwargs)
    def run(zs, origin):
        parts = zip(zs, windows.noise_origins(origin), windows.noise_sizes, strict=True)
        return windows.previous([cut(*part) for part in parts], origin)

    return run


def places(whole, size):
    """Gives the corners, edges and middle where a crop may lie, and odd places."""
    sides = []
    for side, length in zip(whole, size, strict=True):
        spare = side - length
        some = [0, 1, spare // 2, spare // 2 + 3, spare - 2, spare]
        sides.append(sorted({min(max(place, 0), spare) for place in some}))
    return [tf.constant(place) for place in itertools.product(*sides)]


def assert_equal_everywhere(pyramid, size, scale, batch=1, origins=None, **kwargs):
    """Asserts that any crop gets what it would get of the whole."""
    zs = whole_noise(pyramid, scale, batch)
    whole = whole_previous(pyramid, zs)
    assert whole.std() > 0.2
    run = from_windows(Windows(pyramid, scale, size), **kwargs)
    height, width = (side + 2 * pyramid.num_layers for side in size)
    for origin in origins or places(pyramid.sizes[scale], size):
        top, left = origin.numpy()
        part = run(zs, origin)
        assert part.dtype == tf.float32
        assert part.shape == (batch, height, width, pyramid.channels)
        expected = whole[:, top : top + height, left : left + width]
        np.testing.assert_allclose(part, expected, rtol=0, atol=2e-5)
    assert run.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(
    ("size", "batch"), [((13, 13), 1), ((8, 21), 3), ((1, 1), 2), ((30, 97), 1)]
)
def test_a_crop_gets_what_it_would_get_of_the_whole(padding, size, batch):
    pyramid = new_pyramid(padding=padding)
    assert_equal_everywhere(pyramid, size, 5, batch)


def test_windows_of_several_scales_are_smaller_than_the_images():
    windows = Windows(new_pyramid(), 5, (13, 13))
    assert windows.sizes == [(17, 23), (22, 23), (21, 22), (19, 20), (17, 17)]
    below = zip(windows.sizes[1:], SIX[1:5], strict=True)
    assert all(h < height and w < width for (h, w), (height, width) in below)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("kwargs", [{"normalization": None}, {"num_layers": 5}])
def test_other_generators(padding, kwargs):
    assert_equal_everywhere(new_pyramid(padding=padding, **kwargs), (11, 9), 5)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_crops_of_lower_scales_and_the_whole_image(padding, scale):
    pyramid = new_pyramid(padding=padding)
    assert_equal_everywhere(pyramid, (7, 10), scale)
    assert_equal_everywhere(pyramid, SIX[scale], scale, batch=2)
    windows = Windows(pyramid, scale, SIX[scale])
    assert windows.sizes == list(SIX[:scale])
    assert windows.noise_sizes == pyramid.noise_sizes()[:scale]


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_every_place_where_scales_shrink_grow_or_stay(padding, scale):
    pyramid = new_pyramid(UNEVEN, padding=padding)
    size = (3, 2)
    spare = [w - s for w, s in zip(UNEVEN[scale], size, strict=True)]
    every = itertools.product(*(range(side + 1) for side in spare))
    origins = [tf.constant(place) for place in every]
    assert_equal_everywhere(pyramid, size, scale, origins=origins)


@pytest.mark.parametrize("padding", PADDINGS)
def test_xla_compiles_it_once_for_all_origins(padding):
    pyramid = new_pyramid(SIX[:4], padding=padding)
    assert_equal_everywhere(pyramid, (9, 6), 3, batch=2, jit_compile=True)
    zs = whole_noise(pyramid, 3)
    run = from_windows(Windows(pyramid, 3, (9, 6)), jit_compile=True)
    one, other = (
        run.experimental_get_compiler_ir(zs, tf.constant(origin))(stage="hlo")
        for origin in [(20, 9), (2, 41)]
    )
    # Constants of a place would make another program.
    assert "f32[1,13,10,2]" in one and one == other


@pytest.mark.parametrize("padding", PADDINGS)
def test_a_frozen_crop_itself_is_part_of_the_whole(padding):
    pyramid, size, origin = new_pyramid(padding=padding), (9, 11), tf.constant((60, 0))
    zs = whole_noise(pyramid, 6)
    margin = 0 if padding == "noise" else 2
    grown = (13, 15) if padding == "noise" else size
    previous = from_windows(Windows(pyramid, 5, size))(zs[:5], origin)
    z = pyramid.noise_amps.value[5] * cut(zs[5], origin, grown, margin)
    part = pyramid.generators[5].interior(z, previous)
    whole = pyramid.generate(zs)
    np.testing.assert_allclose(part, whole[:, 60:69, :11], rtol=0, atol=2e-5)


def test_windows_and_their_noise_lie_inside_the_images():
    for padding in PADDINGS:
        pyramid = new_pyramid(padding=padding)
        windows = Windows(pyramid, 5, (8, 21))
        for origin in places(SIX[5], (8, 21)):
            placed = [
                *zip(windows.origins(origin), windows.sizes, SIX, strict=False),
                *zip(
                    windows.noise_origins(origin),
                    windows.noise_sizes,
                    pyramid.noise_sizes(),
                    strict=False,
                ),
            ]
            assert len(placed) == 10
            for start, size, whole in placed:
                assert start.dtype == tf.int32 and min(start.numpy()) >= 0
                assert np.all(start.numpy() + size <= np.array(whole))


def test_nothing_lies_below_scale_0():
    windows = Windows(new_pyramid(), 0, (5, 7))
    origin = tf.constant((3, 4))
    assert windows.sizes == windows.noise_sizes == windows.origins(origin) == []
    assert np.array_equal(windows.previous([], origin), np.zeros((1, 9, 11, 2)))


@pytest.mark.parametrize("size", [(1365, 2048), (10923, 16384)])
def test_windows_stay_small_however_large_the_photo(size):
    config = SinGANConfig(max_size=None)
    sizes = [scale.size for scale in plan_scales(size, config)]
    windows = Windows(Sizes(sizes, config), len(sizes) - 1, (64, 64))
    assert len(sizes) >= 14
    # 3/4 of the size above and its margins, and the taps: falling to 47 px.
    assert max(map(max, windows.sizes)) <= 64
    assert max(map(max, windows.noise_sizes)) < 64 + 80
    assert min(windows.sizes[5]) < 50
    # Nor do whole numbers overflow: below the last corner lie the last corners.
    corner = tf.constant(size) - 64
    for origin, side, whole in zip(
        windows.origins(corner), windows.sizes, sizes, strict=False
    ):
        assert np.array_equal(origin + side, whole)


class Sizes:
    """What `Windows` needs of a pyramid to plan, without the gigabyte of pixels."""

    def __init__(self, sizes, config):
        self.sizes, self.num_layers = sizes, config.num_layers
        self.padding = config.padding


@pytest.mark.parametrize("margin", [0, 1, 4])
@pytest.mark.parametrize("size", [(3, 5), (1, 1), (7, 9)])
def test_cut(size, margin):
    image = np.random.default_rng(0).normal(size=(2, 7, 9, 3)).astype("float32")
    pad = [margin] * 2
    padded = np.pad(image, [[0, 0], pad, pad, [0, 0]])
    height, width = (side + 2 * margin for side in size)
    for origin in places((7, 9), size):
        top, left = origin.numpy()
        part = cut(tf.constant(image), origin, size, margin)
        expected = padded[:, top : top + height, left : left + width]
        assert np.array_equal(part, expected)


def test_the_shape_of_a_cut_is_known_in_the_graph():
    shapes = []

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, 12, 10, 3)),
            tf.TensorSpec((2,), tf.int32),
        ],
        autograph=False,
    )
    def run(image, origin):
        part = cut(image, origin, (4, 5), 2)
        shapes.append(part.shape.as_list())
        return part

    assert run(tf.ones((3, 12, 10, 3)), tf.constant((8, 5))).shape == (3, 8, 9, 3)
    assert shapes == [[None, 8, 9, 3]]

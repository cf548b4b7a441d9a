"""Detail of a picture, given to what was generated at a smaller size.

The picture as it looks at the smaller size shows which of its patches are like those
of the generated image; what it has beyond that size is the detail (Freeman, Jones and
Pasztor, "Example-based super-resolution", 2002). Shapes and colours stay as generated.
"""

import tensorflow as tf

from keras_singan.ops.patches.patch_refinement import average_patches
from keras_singan.ops.patches.patch_refinement import find_matches
from keras_singan.ops.patches.patch_refinement import rematch
from keras_singan.ops.resize import resize

# So large that every real patch may be used as often as it fits best.
_ALPHA = 1e3
# Share of the detail that is borrowed; the rest is the object's own, which keeps its
# edges crisp.
_BORROWED = 0.7
# Strength is compared in windows of so many pixels; by how much it is raised at most;
# squared detail that counts as none.
_WINDOW, _MOST_GAIN, _LEAST_ENERGY = 9, 3.0, 1e-6


def borrow_detail(smooth, picture, region, soft, size):
    """Adds the fine detail of a picture to an image without any.

    Args:
        smooth: float32 tensor `(1, height, width, channels)`, values in [-1, 1]:
            an image that was made at `size`, resized.
        picture: float32 tensor of that shape, values in [-1, 1].
        region: bool tensor `(height, width)`: patches that touch it lend nothing.
        soft: float32 tensor `(height, width)`, values in [0, 1]: where it is 1,
            most of the detail is borrowed; where it is 0, all is the picture's own.
        size: Pair (height, width) of ints or scalar integer tensors.

    Returns:
        float32 tensor of that shape, values in [-1, 1].
    """
    coarse = resize(resize(picture, size), tf.unstack(tf.shape(picture)[1:3]))
    detail = picture - coarse
    matches = find_matches(smooth, coarse, _ALPHA, region)
    image = smooth + average_patches(detail, matches)
    # Once more, with what was found: neighbours agree better.
    matches = rematch(image, picture, matches, _ALPHA, region)
    borrowed = _strengthened(average_patches(detail, matches), detail, matches)
    share = _BORROWED * soft[None, :, :, None]
    detail = tf.ensure_shape(detail + share * (borrowed - detail), smooth.shape)
    return tf.clip_by_value(smooth + detail, -1.0, 1.0)


def _strengthened(mean, detail, matches):
    """Gives an average of patches the strength that the patches have themselves.

    Grain of patches that disagree averages to nearly nothing.
    """
    wanted = _around(average_patches(tf.square(detail), matches))
    there = _around(tf.square(mean))
    gain = tf.sqrt(tf.maximum(wanted, 0.0) / (there + _LEAST_ENERGY))
    return mean * tf.clip_by_value(gain, 1.0, _MOST_GAIN)


def _around(energy):
    energy = tf.reduce_mean(energy, -1, keepdims=True)
    return tf.nn.avg_pool2d(energy, _WINDOW, 1, "SAME")

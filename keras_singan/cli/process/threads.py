"""How the processor's cores share the work of a training."""

import os

from keras_singan.performance.machine import core_count

_VARIABLES = "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"


def share_threads():
    """Lets a training's operations run side by side, each on half of the cores.

    An update has parts that do not wait for each other: real image, fake and
    penalty. On small images two of them at once are done sooner than one after
    the other with each spread over all cores. What the user has set in the
    environment stays, and so does what TensorFlow has begun with.
    """
    import tensorflow as tf

    if any(name in os.environ for name in _VARIABLES):
        return
    cores = core_count()
    try:
        tf.config.threading.set_inter_op_parallelism_threads(cores)
        tf.config.threading.set_intra_op_parallelism_threads(max(1, cores // 2))
    except RuntimeError:
        pass  # it runs already

"""How the processor's cores share the work of a training."""

import os

from keras_singan.performance.control_groups import processor_quota

_INSIDE, _BESIDE = "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"


def core_count():
    """How many cores this process may use: at least 1.

    A container's limit of processor time counts as so many cores.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, processor_quota() or cores)


def share_threads(cores=None):
    """Lets a training's operations run side by side, each on half of the cores.

    An update has parts that do not wait for each other: real image, fake and
    penalty. On small images two of them at once are done sooner than one after
    the other with each spread over all cores. What the user has set in the
    environment stays, and so does what TensorFlow has begun with: call it before
    anything else uses TensorFlow.

    ```python
    from keras_singan.performance.threads import share_threads

    share_threads()
    SinGAN().fit("photo.jpg")
    ```

    Args:
        cores: How many cores to use. Defaults to `None`: all that there are.
    """
    import tensorflow as tf

    if _INSIDE in os.environ or _BESIDE in os.environ:
        return
    cores = core_count() if cores is None else cores
    try:
        tf.config.threading.set_inter_op_parallelism_threads(cores)
        tf.config.threading.set_intra_op_parallelism_threads(max(1, cores // 2))
    except RuntimeError:
        pass  # it runs already


def keep_to_quota():
    """Keeps TensorFlow to the processors that a container's quota allows.

    TensorFlow counts the machine's: in a small container on a large machine so many
    threads would use the quota up and then all stand still. What the user has set
    in the environment stays.
    """
    import tensorflow as tf

    quota = processor_quota()
    if _INSIDE in os.environ or _BESIDE in os.environ or quota is None:
        return
    try:
        tf.config.threading.set_inter_op_parallelism_threads(core_count())
        tf.config.threading.set_intra_op_parallelism_threads(core_count())
    except RuntimeError:
        pass  # it runs already


def thread_count():
    """How many cores operations use, inside of each and side by side."""
    import tensorflow as tf

    cores, threading = core_count(), tf.config.threading
    inside = threading.get_intra_op_parallelism_threads() or _wanted(_INSIDE)
    beside = threading.get_inter_op_parallelism_threads() or _wanted(_BESIDE)
    return min(cores, (inside or cores) * (beside or cores))


def _wanted(name):
    """A number of threads from the environment, 0 where none is set."""
    try:
        return max(0, int(os.environ.get(name, 0)))
    except ValueError:
        return 0

"""What is done otherwise where there is a GPU: its memory, and how it is kept busy."""

# A GPU does an iteration of a coarse scale sooner than Python starts the next one.
_MOST_AT_ONCE = 20


def grow_gpu_memory():
    """Lets TensorFlow take a GPU's memory bit by bit, so that others have some too.

    By default it takes all at its first use. Call it before anything else uses
    TensorFlow: what has begun stays as it is.
    """
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except (RuntimeError, ValueError):
            pass  # it runs already, or it is a virtual one


def iterations_at_once(left):
    """How many iterations of a scale are started together.

    On a processor it is one: starting costs little beside an iteration, and Ctrl-C
    acts after it. For a GPU it is the largest number up to 20 that divides what is
    left, so that none is left over.

    Args:
        left: int above 0, iterations that are still to be done.

    Returns:
        int, what `ScaleGAN.steps_per_execution` is set to.
    """
    import tensorflow as tf

    most = _MOST_AT_ONCE if tf.config.list_physical_devices("GPU") else 1
    return next(n for n in range(min(most, left), 0, -1) if left % n == 0)

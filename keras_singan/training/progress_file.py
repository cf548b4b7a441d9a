"""`progress.json`, for programs that watch a training from outside.

```
state           "planned" (not begun), "training", "done", "failed" or "stopped"
message         why it failed, a sentence; else null
scale           the scale at work, counted from 0
scales          how many there are
iteration       iterations of that scale that are done
iterations      how many it has
done            share of the whole work, from 0 to 1
losses          the losses of the last iteration by name; null where not finite
seconds_left    to the end of the whole training; null before it is known
started         when this process took the training up, in seconds since 1970 (UTC)
updated         when this was written, in the same seconds
host, pid       where it runs
```

It is written in one step, about once a second while iterations run. Between two
scales it can rest for half a minute. A process that was killed leaves `planned`
or `training` behind: `run_lock.owner` tells whether one is at work.
"""

from pathlib import Path

from keras_singan.io.files import read_json

PROGRESS_NAME = "progress.json"


def read_progress(folder):
    """Returns the `progress.json` of a run folder, or `None` where there is none.

    Args:
        folder: The run folder, `str` or `os.PathLike`.

    Returns:
        The dictionary that is described above.
    """
    try:
        progress = read_json(Path(folder) / PROGRESS_NAME)
    except (OSError, ValueError):
        return None
    return progress if isinstance(progress, dict) and "state" in progress else None

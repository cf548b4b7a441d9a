"""The run folders of the studio: which there are, and what state they are in.

Beside what a training writes, a run folder holds

```
.studio/request.json    how the studio trains it, and whether it waits
.studio/upload.png      the photo as it was given (its own suffix)
.studio/photo.png       the same, upright, of two megapixels at most, for the page
.studio/train.log       what the training printed
studio/ID/              the results of a task, with its job.json
```

A name that comes from the page is only ever compared with the names that are
there. No path is made of one that is not among them.
"""

import re
import secrets
import shutil
import time
from pathlib import Path

from PIL import Image

from keras_singan.config import PRESETS
from keras_singan.config import SinGANConfig
from keras_singan.errors import RunFolderError
from keras_singan.studio.training_state import HIDDEN
from keras_singan.studio.training_state import MODEL
from keras_singan.studio.training_state import is_active
from keras_singan.studio.training_state import read_json
from keras_singan.studio.training_state import training_state
from keras_singan.task_specs import EDIT
from keras_singan.task_specs import HARMONIZE
from keras_singan.task_specs import PAINT_TO_IMAGE

RESULTS = "studio"
_TRASH = ".trash"
# Tasks in which a picture enters at a start scale.
_ENTERED = (EDIT, HARMONIZE, PAINT_TO_IMAGE)
_PICTURES = ("real", "sample", "reconstruction")


class RunsShelf:
    """The run folders below one folder.

    Args:
        root: That folder; made if it is missing.
    """

    def __init__(self, root):
        self.root = Path(root)
        self.root.mkdir(parents=True, exist_ok=True)

    def names(self):
        """Returns the names of the runs, the newest first."""
        folders = [path for path in self.root.iterdir() if _is_run(path)]
        return [path.name for path in sorted(folders, key=_begun, reverse=True)]

    def folder(self, name):
        """Returns the folder of a run.

        Raises:
            KeyError: If there is no run of that name.
        """
        for path in self.root.iterdir():
            if path.name == name and _is_run(path):
                return path
        raise KeyError(name)

    def card(self, name):
        """Returns what the page shows of a run, as a dictionary for JSON."""
        folder = self.folder(name)
        config = read_json(folder / "config.json").get("config", {})
        request = read_json(folder / HIDDEN / "request.json")
        scales = _finished_scales(folder)
        state = training_state(folder)
        count = state.get("scales") or len(scales)
        return {
            "name": name,
            "begun": _begun(folder),
            "preset": request.get("preset") or _preset_of(config),
            "task": config.get("task") or request.get("task"),
            "factor": config.get("factor"),
            "trained": (folder / MODEL).is_file(),
            "can_go_on": bool(request),
            "pictures": [scale for scale, _ in scales],
            "has_photo": photo_path(folder) is not None,
            "size": _size(folder, scales, request),
            "start_scales": {task.name: task.start_scale(count) for task in _ENTERED},
            **state,
        }

    def picture(self, name, scale, kind):
        """Returns the path of a picture of a finished scale.

        Raises:
            KeyError: If there is none.
        """
        scales = dict(_finished_scales(self.folder(name)))
        if kind not in _PICTURES or scale not in scales:
            raise KeyError(kind)
        path = scales[scale] / f"{kind}.png"
        if not path.is_file():
            raise KeyError(kind)
        return path

    def history(self, name, points=120):
        """Returns the losses, at most so many points for each scale and loss."""
        scales = read_json(self.folder(name) / "history.json").get("scales", [])
        return [
            {loss: _thinned(values, points) for loss, values in scale.items()}
            for scale in scales
        ]

    def free_name(self, wanted):
        """Returns a name for a new run: the wanted one, or it with a number."""
        stem = re.sub(r"[^\w.-]+", "-", wanted).strip("-.")[:60] or "photo"
        name, count = stem, 1
        while (self.root / name).exists():
            count += 1
            name = f"{stem}-{count}"
        return name

    def delete(self, name):
        """Moves a run to the trash.

        Returns:
            What `restore` needs to bring it back.

        Raises:
            RunFolderError: If it is being trained.
        """
        folder = self.folder(name)
        if is_active(training_state(folder)["state"]):
            raise RunFolderError(
                "A run must be stopped before it is deleted. "
                f"Received: a run in training, name={name!r}."
            )
        place = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
        (self.root / _TRASH / place).mkdir(parents=True)
        folder.rename(self.root / _TRASH / place / name)
        return place

    def trash(self):
        """Returns what is in the trash: pairs of place and name, newest first."""
        places = sorted((self.root / _TRASH).glob("*/*"), reverse=True)
        return [(path.parent.name, path.name) for path in places]

    def restore(self, place):
        """Brings a run back from the trash, and returns its name.

        Raises:
            KeyError: If nothing of that place is in the trash.
        """
        names = [name for known, name in self.trash() if known == place]
        if not names:
            raise KeyError(place)
        name = names[0]
        free = self.free_name(name)
        (self.root / _TRASH / place / name).rename(self.root / free)
        (self.root / _TRASH / place).rmdir()
        return free

    def empty_trash(self):
        """Deletes for good what is in the trash."""
        for place, _ in self.trash():
            shutil.rmtree(self.root / _TRASH / place)


def photo_path(folder):
    """Returns the photo that a run shows: as given, else as trained, else `None`."""
    given = folder / HIDDEN / "photo.png"
    if given.is_file():
        return given
    scales = _finished_scales(folder)
    return scales[-1][1] / "real.png" if scales else None


def _is_run(path):
    marks = ("config.json", f"{HIDDEN}/request.json")
    hidden = path.name.startswith(".")
    return not hidden and any((path / mark).is_file() for mark in marks)


def _begun(folder):
    """When a run was begun, in seconds since 1970."""
    for mark in (f"{HIDDEN}/photo.png", "config.json"):
        if (folder / mark).is_file():
            return (folder / mark).stat().st_mtime
    return folder.stat().st_mtime


def _finished_scales(folder):
    """Pairs of a scale's number and its folder, those with pictures."""
    numbered = sorted(folder.glob("scale_[0-9]*"))
    return [
        (int(path.name[6:]), path)
        for path in numbered
        if path.name[6:].isdigit() and (path / "real.png").is_file()
    ]


def _size(folder, scales, request):
    """(height, width): of a trained model its own, else the photo's as given."""
    trained = (folder / MODEL).is_file()
    if request.get("size") and not trained:
        return request["size"]
    path = scales[-1][1] / "real.png" if scales and trained else photo_path(folder)
    if path is None:
        return None
    try:
        with Image.open(path) as image:
            return [image.height, image.width]
    except OSError:
        return None


def _preset_of(config):
    """The preset that is nearest to what a run has; sizes and precision are free."""
    if not config:
        return None
    usual = SinGANConfig().to_dict()
    names = {key for values in PRESETS.values() for key in values}
    names -= {"max_size", "dtype_policy"}

    def differing(preset):
        wanted = usual | PRESETS[preset]
        return sum(config.get(key, usual[key]) != wanted[key] for key in names)

    return min(PRESETS, key=differing)


def _thinned(values, points):
    step = max(1, -(-len(values) // points))
    return [round(value, 4) for value in values[::step] if value == value]

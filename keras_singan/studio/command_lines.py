"""The command that makes the same as a task of the studio."""

import shlex

_OPTIONS = {
    "n": "-n",
    "start_scale": "--scale",
    "seed": "--seed",
    "refine": "--refine",
    "tile": "--tile",
    "variation": "--variation",
    "frames": "--frames",
    "fps": "--fps",
    "alpha": "--alpha",
    "beta": "--beta",
    "format": "--format",
    "factor": "--factor",
    "colors": "--colors",
    "left": "--left",
    "right": "--right",
    "top": "--top",
    "bottom": "--bottom",
}
_FLAGS = ("loop", "quantize")


def command_line(run, folder, place, task, arguments, inputs):
    """Returns the line to type.

    Args:
        run: Name of the run.
        folder: Its folder.
        place: Folder of the task's pictures.
        task: Name of the task.
        arguments: Dictionary of its arguments.
        inputs: Names of the pictures that it takes.
    """
    words = ["keras-singan", task.replace("_", "-")]
    if task == "export":
        words.append("models")
    for name in ("image", "mask"):
        if name in inputs:
            path = str(place / f"{name}_input.png")
            words += ["--mask", path] if (task, name) == ("vary", "mask") else [path]
    words += ["--model", str(folder)]
    for name, value in arguments.items():
        words += _words(task, name, value)
    return shlex.join(words)


def _words(task, name, value):
    if value is None or value is False and name in _FLAGS:
        return []
    if name in _FLAGS:
        return [f"--{name}"]
    if name == "refine":
        return ["--refine" if value else "--no-refine"]
    if name == "size":
        return ["--size", f"{value[0]}x{value[1]}"]
    if name == "around":
        return ["--around", "{},{}".format(*value)]
    if name == "start_scales":
        return ["--scale", ",".join(map(str, value))]
    if name == "n" and task in ("paint_to_image", "edit", "harmonize"):
        # The command makes one result of a seed.
        return []
    return [_OPTIONS.get(name, f"--{name}"), str(value)]

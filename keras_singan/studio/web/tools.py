"""Which tasks and options this version has: the page shows no others.

The methods are read from the source, since importing `SinGAN` loads TensorFlow,
which the server itself never does.
"""

import ast
import functools
import importlib.util
from pathlib import Path

_METHODS = ("sample", "vary", "extend", "animate", "super_resolve", "harmonize")
_METHODS += ("edit", "paint_to_image", "evaluate", "export")


@functools.cache
def tools():
    """Returns a dictionary from each task to the names of its arguments."""
    root = Path(__file__).parents[2]
    found = {"evaluate": ["n", "start_scale", "seed"]}
    for name in ("estimator.py", "task_methods.py"):
        for node in ast.walk(ast.parse((root / name).read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name in _METHODS:
                found[node.name] = _arguments(node)
    found["formats"] = ["gif", "webp", "apng"]
    if importlib.util.find_spec("imageio_ffmpeg"):
        found["formats"].append("mp4")
    return found


def _arguments(node):
    names = [arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)]
    return [name for name in names if name != "self"]

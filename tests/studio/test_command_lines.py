import shlex

import pytest

from keras_singan.cli.command_group import cli
from keras_singan.studio.command_lines import command_line

SAMPLE = {"n": 8, "start_scale": 1, "seed": 4, "size": [30, 40]}
WALK = {"frames": 9, "fps": 5, "alpha": 0.1, "beta": 0.9, "loop": True}
PADS = {"left": 10, "right": 0, "top": 0, "bottom": 4}
TASKS = [
    ("sample", SAMPLE | {"refine": True}, ()),
    ("sample", {"n": 1, "tile": "both", "seed": 4}, ()),
    ("sample", {"n": 1, "refine": False, "size": None}, ()),
    ("sample", {"n": 4, "seed": 4, "variation": 0.3, "around": [-7, 2]}, ()),
    ("vary", {"n": 8, "start_scale": 0, "seed": 3}, ("image", "mask")),
    ("extend", PADS | {"n": 2, "start_scale": 0, "seed": 3}, ("image",)),
    ("harmonize", {"start_scales": [1, 2], "seed": 3}, ("image", "mask")),
    ("edit", {"start_scales": [1], "seed": 3, "refine": False}, ("image", "mask")),
    ("paint_to_image", {"start_scales": [1, 2], "seed": 3}, ("image",)),
    ("paint_to_image", {"quantize": True, "colors": 6}, ("image",)),
    ("animate", WALK | {"start_scale": 1, "format": "webp", "seed": 2}, ()),
    ("super_resolve", {"factor": 2.5, "seed": None}, ()),
    ("super_resolve", {"factor": 2, "seed": 1}, ("image",)),
    ("evaluate", {"n": 16, "start_scale": 0, "seed": 0}, ()),
    ("export", {}, ()),
]


@pytest.mark.parametrize("task, arguments, inputs", TASKS)
def test_the_command_understands_what_the_page_shows(task, arguments, inputs, tmp_path):
    folder, place = tmp_path / "a run", tmp_path / "a run" / "studio" / "1"
    place.mkdir(parents=True)
    for name in inputs:
        (place / f"{name}_input.png").write_bytes(b"x")
    line = command_line("a run", folder, place, task, arguments, inputs)
    program, name, *words = shlex.split(line)
    assert program == "keras-singan" and name in cli.commands
    with cli.commands[name].make_context(name, words) as context:
        given = context.params
    assert given["model"] == folder
    if arguments.get("seed") is not None:
        assert given["seed"] == arguments["seed"]
    if "size" in arguments and arguments["size"]:
        assert given["size"] == (30, 40)
    if "start_scales" in arguments:
        assert given["scale"] == tuple(arguments["start_scales"])
    if "around" in arguments:
        assert (given["variation"], given["around"]) == (0.3, (-7, 2))
    if "refine" in arguments:
        assert given["refine"] is arguments["refine"]
    if "mask" in inputs:
        # `harmonize` and `edit` take it behind the image.
        mask = given["mask"] if "mask" in given else given["images"][1]
        assert str(mask) == str(place / "mask_input.png")

"""Standard streams that are closed or pipes, and Ctrl-C while modules are imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import invoke
from support.cli_runner import refuse
from support.cli_runner import stop_training
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.photos import photo_file

from keras_singan.training.progress_file import read_progress


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def shell(line, *args, input=None):
    """Runs a line of shell in which "$@" is `keras-singan` and arguments."""
    command = [sys.executable, "-m", "keras_singan", *map(str, args)]
    return subprocess.run(
        ["bash", "-c", line, "bash", *command], capture_output=True, input=input
    )


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["train", "--help"]])
def test_no_room_for_what_is_printed_is_one_line(args):
    done = shell('"$@" > /dev/full', *args)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1 and b"No space left on device" in done.stderr


SAMPLE = ("sample", "-n", "1", "--seed", "1")
WRITTEN = Path("samples/run/sample_scale0_seed0001_000.png")


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&-"])
def test_closed_streams_do_not_matter(closed):
    done = shell(f'exec {closed}; "$@"', *SAMPLE, "--model", trained_run())
    assert done.returncode == 0, done.stderr
    assert WRITTEN.stat().st_size > 100
    assert b"Traceback" not in done.stderr


def test_a_file_never_gets_the_number_of_a_closed_stream():
    code = (
        "from keras_singan.cli.process.streams import open_missing_streams\n"
        "open_missing_streams()\n"
        "assert open('file', 'w').fileno() > 2\n"
        "import sys; print('said', file=sys.stderr)\n"
    )
    line = f'exec 2>&-; {sys.executable} -c "$1"'
    done = subprocess.run(["bash", "-c", line, "bash", code])
    assert done.returncode == 0


def test_an_image_that_a_closed_input_should_hold_is_one_line():
    done = shell('exec <&-; "$@"', "paint-to-image", "-", "--model", trained_run())
    assert done.returncode == 1
    assert b"Standard input must hold an image" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_an_empty_input_is_one_line():
    line = refuse(1, "super-resolve", "-", "--model", trained_run())
    assert "Standard input must hold an image" in line


@pytest.mark.parametrize(
    "line", ['"$@" <(cat photo.png)', 'cat photo.png | "$@" /dev/stdin']
)
def test_an_image_through_a_pipe(line):
    photo_file("photo.png")
    done = shell(line, "super-resolve", "--factor", 1.5, "--model", trained_run())
    assert done.returncode == 0, done.stderr
    assert len(list(Path("samples/run").iterdir())) == 1


def test_training_on_standard_input(monkeypatch):
    stop_training(monkeypatch)
    data = trained_photo().read_bytes()
    result = invoke("train", "-", *TINY_OPTIONS, input=data)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Trained: runs/stdin/singan.keras\n")
    again = invoke("train", "-", *TINY_OPTIONS, input=data)
    assert again.stdout.startswith("Trained already: runs/stdin/singan.keras\n")


# Sends a signal when a module is about to be imported.
INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.{handler})
signal.signal(signal.SIGTERM, signal.SIG_DFL)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{signal})
sys.meta_path.insert(0, Finder())
sys.argv = ["keras-singan", *{args!r}]
from keras_singan.cli.main import main
main()
"""
COMMANDS = {
    "train": ["train", "photo.png"],
    "sample": ["sample", "--model", "run"],
    "info": ["info", "run"],
    "help": ["--help"],
}


def interrupted(module, args, signal="SIGINT", handler="default_int_handler"):
    options = {"module": module, "args": args, "signal": signal, "handler": handler}
    code = INTERRUPTED.format(**options)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize(
    "name, module",
    [
        ("help", "click"),
        ("train", "numpy"),
        ("train", "tensorflow"),
        ("sample", "keras"),
        ("info", "tensorflow"),
    ],
)
def test_ctrl_c_during_imports_is_one_line(name, module):
    photo_file("photo.png")
    os.symlink(trained_run(), "run")
    before = set(Path().iterdir())
    done = interrupted(module, COMMANDS[name])
    assert done.returncode == 1
    assert done.stderr == "\nInterrupted before anything was begun.\n"
    assert set(Path().iterdir()) == before


def test_sigterm_while_tensorflow_is_imported_ends_the_process():
    photo_file("photo.png")
    done = interrupted("keras", COMMANDS["train"], signal="SIGTERM")
    assert done.returncode == 143
    assert done.stderr == "\nInterrupted before anything was begun.\n"
    assert {path.name for path in Path().iterdir()} == {"photo.png"}


# Sends SIGTERM when a file of a scale is about to be written.
TERMINATED = """
import os, signal, sys
replace = os.replace
def stop(source, target):
    if {name!r} in str(target):
        signal.raise_signal(signal.SIGTERM)
    replace(source, target)
os.replace = stop
sys.argv = ["keras-singan", *{args!r}]
from keras_singan.cli.main import main
main()
"""


@pytest.mark.parametrize(
    "args, name, text",
    [
        (
            ["train", "photo.png", *map(str, TINY_OPTIONS)],
            "scale_00/real.png",
            "Error: Interrupted; the progress is kept in runs/photo. The same command "
            "goes on from there.",
        ),
        (
            ["sample", "-n", "4", "--seed", "1", "--model", "run"],
            "_002.png",
            "Error: Interrupted; the images made so far are kept. Received: SIGTERM "
            "after 2 of 4.",
        ),
    ],
)
def test_sigterm_cleans_up_and_ends_the_process(args, name, text):
    photo_file("photo.png")
    os.symlink(trained_run(), "run")
    code = TERMINATED.format(args=args, name=name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 143
    assert text in done.stderr and "Traceback" not in done.stderr
    assert not [*Path().rglob(".keras_singan*")]
    if args[0] == "train":
        assert read_progress("runs/photo")["state"] == "stopped"
    else:
        assert len([*Path("samples").rglob("*.png")]) == 2


def test_an_ignored_ctrl_c_stays_ignored():
    done = interrupted("numpy", ["--help"], handler="SIG_IGN")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ")

"""What a training would take, before it begins: `keras-singan train --dry-run`."""

import asyncio
import os
import subprocess

from keras_singan.errors import RunFolderError
from keras_singan.studio.trainings import command
from keras_singan.studio.trainings import option_words


class Plans:
    """Makes plans one at a time, since each measures the machine."""

    def __init__(self):
        self._turn = asyncio.Lock()
        # Of each upload the newest request; and the process at work.
        self._wanted, self._process, self._upload = {}, None, None

    async def make(self, upload, image, options):
        """Returns what `plan` tells; an older plan of the upload is given up.

        Args:
            upload: Name of the upload.
            image: Path of its photo.
            options: Dictionary of `OPTIONS` to values.

        Raises:
            RunFolderError: If the command refuses, or the plan was given up.
        """
        self.give_up(upload)
        mine = self._wanted[upload] = object()

        def begun(process):
            self._process, self._upload = process, upload
            if self._wanted.get(upload) is not mine:
                process.kill()

        try:
            async with self._turn:
                if self._wanted.get(upload) is not mine:
                    raise RunFolderError("A plan is given up for the next one.")
                return await asyncio.to_thread(plan, image, options, on_begin=begun)
        finally:
            if self._wanted.get(upload) is mine:
                del self._wanted[upload]

    def give_up(self, upload):
        """Ends what is planned for an upload: nobody waits for it any more."""
        self._wanted.pop(upload, None)
        if self._process is not None and self._upload == upload:
            self._process.kill()

    def close(self):
        """Ends every plan."""
        for upload in list(self._wanted):
            self.give_up(upload)


def plan(image, options, timeout=180, on_begin=lambda process: None):
    """Runs `keras-singan train IMAGE --dry-run`, and returns what it tells.

    Args:
        image: Path of the photo.
        options: Dictionary of `OPTIONS` to values.
        timeout: Seconds after which it is given up. Defaults to `180`.
        on_begin: Function that is told the process, which may be ended.

    Returns:
        Dictionary of `rows` (lists of texts, the heading first) and `summary`.

    Raises:
        RunFolderError: With the command's own sentence, if it refuses.
    """
    words = ["train", *option_words(options), "--dry-run", "--", image]
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    pipes["stdin"] = subprocess.DEVNULL
    with subprocess.Popen(command(*words), env=environment, **pipes) as process:
        on_begin(process)
        try:
            told, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RunFolderError(
                f"A plan must be ready within {timeout} s. Received: none yet."
            ) from None
    if process.returncode:
        lines = [line for line in errors.splitlines() if line.startswith("Error")]
        text = lines[-1].removeprefix("Error: ") if lines else "The plan failed."
        raise RunFolderError(text)
    return _read_plan(told)


def _read_plan(text):
    rows, summary = [], []
    for line in text.splitlines():
        if line[:1] in "┃│|" and line:
            cells = line.replace("┃", "│").replace("|", "│").strip("│").split("│")
            rows.append([cell.strip() for cell in cells])
        elif line[:1].isalpha() and not line.startswith("Next:"):
            summary.append(line.strip())
    return {"rows": rows, "summary": " ".join(summary)}

"""`SinGAN`: fit one photo, then draw from it."""

import contextlib
import gc
import warnings
from pathlib import Path

from keras_singan.backend import refuse_fork
from keras_singan.config import resolve_config
from keras_singan.geometry import plan_scales
from keras_singan.hub.hub_client import is_hub_address
from keras_singan.hub.hub_load import fetch_model
from keras_singan.io.decode import MAX_PIXELS
from keras_singan.io.image import read_with_notes
from keras_singan.io.unwinding import unwound_by_signals
from keras_singan.models.model_file import load_model
from keras_singan.models.model_file import model_path
from keras_singan.models.model_file import save_model
from keras_singan.models.pyramid import new_pyramid
from keras_singan.performance.estimate import Estimate
from keras_singan.performance.estimate import estimate
from keras_singan.performance.memory import check_memory
from keras_singan.performance.precision import resolve_precision
from keras_singan.performance.precision import runnable_precision
from keras_singan.task_methods import TaskMethods
from keras_singan.tasks.shared.trained_masks import with_masks
from keras_singan.training.callbacks import LossHistory
from keras_singan.training.callbacks import TensorBoardLog
from keras_singan.training.callbacks import check_callbacks
from keras_singan.training.clock import Clock
from keras_singan.training.fit import fit_pyramid
from keras_singan.training.progress import check_verbose
from keras_singan.training.progress import new_progress
from keras_singan.training.progress_report import ProgressReport
from keras_singan.training.run_folder import RunFolder
from keras_singan.training.run_folder import continue_config
from keras_singan.training.run_folder import is_finished
from keras_singan.training.run_folder import stored_policy


class SinGAN(TaskMethods):
    """A generative model of one photo (Shaham et al., ICCV 2019).

    ```python
    model = SinGAN(max_size=100).fit("photo.jpg", checkpoint_dir="runs/photo")
    images = model.sample(8, start_scale=1)     # uint8 (8, height, width, 3)
    model.save("photo.keras")
    ```

    Args:
        preset: `"fast"` (near `"standard"`, many times sooner),
            `"standard"` (the published numbers) or `"draft"` (a first look,
            rougher). Defaults to `"fast"`.
        task: `None` for a general model, `"animation"` or
            `"super_resolution"`. Defaults to `None`.
        **overrides: Any field of `SinGANConfig`; it wins over preset and task.

    Attributes:
        config_: The resolved `SinGANConfig`; after `fit`, with the `dtype_policy`
            that `"auto"` has become.
        pyramid_: The trained `SinGANPyramid`, after `fit` or `load`.
        history_: After `fit`, a list with a dictionary for each scale: the
            name of each loss, and its list of floats, one an iteration.

    Raises:
        ConfigError: If a name is unknown or a value out of range.
    """

    def __init__(self, /, preset="fast", *, task=None, **overrides):
        self._given = self.config_ = resolve_config(preset, task=task, **overrides)

    def fit(
        self,
        image,
        *,
        masks=None,
        alpha="composite",
        value_range=None,
        max_pixels=MAX_PIXELS,
        checkpoint_dir=None,
        log_dir=None,
        callbacks=None,
        verbose=1,
    ):
        """Trains on one image.

        Call `keras_singan.performance.threads.share_threads` first, as the command
        does: on few cores that saves a third of the time.

        With a `checkpoint_dir`, progress is kept there, and a run that was
        killed goes on from its last checkpoint: at most 100 iterations, or about
        a minute, are lost. The weights come out the same as without the
        interruption.

        Args:
            image: Path, binary file, bytes, PIL image, or array `(H, W)` or
                `(H, W, C)` of whole numbers or floats in [0, 1], any number of
                channels.
            masks: A mask of the image, or a list of up to 8: path, PIL image or
                array, white (true) inside, of the image's proportions. Masks are
                trained as channels of the image, so that
                `sample(return_masks=True)` gives each sample with its masks.
                Defaults to `None`.
            alpha: `"composite"` puts transparency on white, `"train"` trains on
                4 channels. Defaults to `"composite"`.
            value_range: Pair (low, high) of values that become black and white, or
                `"auto"` for the least and the largest found: for whole numbers
                that do not fill their type, and floats beyond [0, 1]. Defaults
                to `None`: the type decides.
            max_pixels: Most pixels that an image file may have. Defaults to 2**28.
            checkpoint_dir: Run folder; `None` keeps nothing on disk. Defaults
                to `None`.
            log_dir: Folder for TensorBoard, which needs the extra
                `tensorboard`. Defaults to `None`.
            callbacks: A Keras callback or a list of them, told of each scale's
                training; the model they see is the `ScaleGAN`, named `scale_0` and
                so on.
            verbose: `0` silent; `1` the plan with an estimate of time and
                memory, then a progress display; `2` the plan, then a line per
                scale. All on standard error; where that is no terminal, `1` is
                like `2`. Defaults to `1`.

        Returns:
            `self`.

        Raises:
            ImageError: If the image cannot be read, or is too small; or a mask cannot
                be read, is empty, or has other proportions.
            ConfigError: If it needs more memory than this machine has free, or an
                argument is none of those above.
            RunFolderError: If `checkpoint_dir` belongs to another image, other masks
                or other hyper-parameters, or another training is at work there.
            TrainingError: If the training diverges.
            OutputError: If something cannot be written.
        """
        refuse_fork()
        check_verbose(verbose)
        callbacks = check_callbacks(callbacks)
        pixels = self._read(image, alpha, value_range, max_pixels)
        self._fit(
            *with_masks(pixels, masks), checkpoint_dir, log_dir, callbacks, verbose
        )
        # Models and their graphs are cycles: 30 MB that would stay for long.
        gc.collect()
        return self

    def _fit(self, pixels, mask_names, checkpoint_dir, log_dir, callbacks, verbose):
        config = continue_config(self._given, checkpoint_dir)
        config = resolve_precision(config, stored_policy(checkpoint_dir))
        running = runnable_precision(config)
        pyramid = new_pyramid(pixels, running, mask_names)
        if not is_finished(checkpoint_dir):
            check_memory(pyramid.scales, pyramid.channels, running)
        history = LossHistory()
        listeners = [history, *callbacks]
        if log_dir is not None:
            listeners.append(TensorBoardLog(log_dir))
        folder = None
        if checkpoint_dir is not None:
            given = checkpoint_dir, config, pixels, history
            folder = RunFolder(*given, masks=len(mask_names))
        with folder or contextlib.nullcontext():
            if folder is not None and folder.is_finished:
                pyramid, _ = load_model(folder.model_path)
            else:
                pyramid = _train(pyramid, running, folder, listeners, verbose)
        self.history_, self.config_ = history.scales, config
        self._take(pyramid, folder and folder.model_path)

    def estimate(
        self,
        image,
        *,
        masks=None,
        alpha="composite",
        value_range=None,
        max_pixels=MAX_PIXELS,
    ) -> Estimate:
        """Measures, in some seconds, what fitting an image would take here.

        Args:
            image: What `fit` takes: path, PIL image, array and others.
            masks: A mask of the image, or a list of them. Defaults to `None`.
            alpha: `"composite"` or `"train"`. Defaults to `"composite"`.
            value_range: Pair (low, high) or `"auto"`. Defaults to `None`.
            max_pixels: Most pixels of an image file. Defaults to 2**28.

        Returns:
            An `Estimate` with the planned scales, seconds and memory.

        Raises:
            ImageError: If the image or a mask cannot be read, or does not fit.
        """
        pixels = self._read(image, alpha, value_range, max_pixels)
        pixels, _ = with_masks(pixels, masks)
        scales = plan_scales(pixels.shape[:2], self._given)
        return estimate(scales, pixels.shape[-1], self._given)

    def save(self, path) -> Path:
        """Writes everything that the tasks need to one `.keras` file.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            ModelFileError: If the path does not end in `.keras`.
            OutputError: If the file cannot be written.
        """
        self._path = save_model(self._fitted(), self.config_, path)
        return self._path

    @classmethod
    def load(cls, path) -> "SinGAN":
        """Reads a model from a `.keras` file, a finished run folder, or a hub.

        Args:
            path: The file or folder; or `"hf://user/name"`, with `"@revision"`
                for a branch, a tag or a commit of the Hugging Face hub, which
                needs the extra `hub`. No code of a file or repository is run.

        Raises:
            ModelFileError: If the path is missing, or the file damaged, of
                another kind, or from a newer version.
            HubError: If the hub refuses or does not answer.
        """
        refuse_fork()
        # Models that were dropped are cycles, which would stay for long.
        gc.collect()
        if is_hub_address(path):
            path, _ = fetch_model(path)
        model = cls.__new__(cls)
        pyramid, model.config_ = load_model(path)
        model._given = model.config_
        return model._take(pyramid, model_path(path))

    def export(self, path, *, name="singan", version=None, warmup=True, limits=None):
        """Writes a SavedModel that TensorFlow Serving runs as it is.

        It has a signature for each task; retrained scales for paint-to-image
        that stand beside the model's file come along.

        Args:
            path: Folder for models; this one goes to `PATH/NAME/VERSION`.
            name: The model's name in requests. Defaults to `"singan"`.
            version: Whole number, or `None` for the next that is free. Defaults
                to `None`.
            warmup: Whether servers find warm-up requests in it. Defaults to
                `True`.
            limits: `keras_singan.export.ExportLimits` of what a request may ask
                for. Defaults to those of the class.

        Returns:
            The `Path` of the version.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            TaskError: If `name` or `version` cannot be used, or the model was
                trained with masks.
            ConfigError: If the limits are too tight for the model itself.
            OutputError: If the version exists already, or cannot be written.
        """
        # It takes a second to import, which no other task needs.
        from keras_singan.export.saved_model import export_saved_model

        return export_saved_model(
            self, path, name=name, version=version, warmup=warmup, limits=limits
        )

    def _read(self, image, alpha, value_range, max_pixels):
        pixels, notes = read_with_notes(
            image,
            alpha=alpha,
            value_range=value_range,
            max_pixels=max_pixels,
            shrink_to=self._given.max_size,
        )
        for note in notes:
            warnings.warn(note, stacklevel=3)
        return pixels

    def _take(self, pyramid, path):
        self.pyramid_, self._path, self._quantized = pyramid, path, {}
        return self


def _train(pyramid, config, folder, callbacks, verbose):
    """Trains all scales, and tells people and programs of it.

    Returns:
        The trained pyramid, which computes in float32.
    """
    clock = Clock(pyramid, config)
    with contextlib.ExitStack() as stack:
        # A scheduler's SIGTERM stops a training as Ctrl-C does.
        stack.enter_context(unwound_by_signals())
        told = [clock]
        if folder is not None:
            clock.skip(folder.finished_scales)
            told.append(stack.enter_context(ProgressReport(folder.path, clock).told()))
        told += stack.enter_context(
            new_progress(verbose, pyramid, config, clock, folder)
        )
        fit_pyramid(pyramid, config, folder, [*callbacks, *told])
        pyramid = pyramid.in_float32()
        if folder is not None:
            folder.save_model(pyramid)
    return pyramid

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A tour of keras_singan
#
# One photo in, a generative model of its patches out. This notebook trains a SinGAN on
# a photo, draws samples, animates it, enlarges it, and makes a crude edit look real.
# In Colab, choose *Runtime > Change runtime type > GPU* first: it trains in a few
# minutes then.

# %%
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("keras_singan") is None:
    subprocess.check_call([sys.executable, "-m", "pip", "install", "keras-singan"])

# %% [markdown]
# ## The photo
#
# Any photo will do. `SETTINGS` are arguments of `SinGAN`: `"draft"` is a first look;
# `"fast"`, the default, takes longer and looks better.

# %% tags=["parameters"]
PHOTO = "images/landscape.png"
SETTINGS = {"preset": "draft"}
SAMPLES = 50
FRAMES = 40

# %%
from pathlib import Path

import numpy as np
from IPython.display import Image as Picture
from IPython.display import display
from PIL import Image

from keras_singan import SinGAN
from keras_singan.io.image import image_grid
from keras_singan.io.sheet import contact_sheet

if not Path(PHOTO).exists():
    from google.colab import files

    PHOTO = next(iter(files.upload()))
display(Image.open(PHOTO))

# %% [markdown]
# ## Training
#
# The photo is shrunk to several scales. A small pair of networks is trained at each,
# from the coarsest (scale 0) to the finest. With a `checkpoint_dir`, a run that was
# interrupted goes on when this cell is run again.

# %%
model = SinGAN(**SETTINGS).fit(PHOTO, checkpoint_dir="runs/tour", verbose=2)
print(f"{model.pyramid_.num_scales} scales:", *model.pyramid_.sizes)

# %% [markdown]
# ## Samples
#
# Fresh noise enters at `start_scale`; below it the photo's own noise is kept. From
# scale 0 the layout changes, from higher scales only details do.

# %%
START_SCALES = [0, 1, 2]
for start_scale in START_SCALES:
    images = model.sample(SAMPLES, start_scale=start_scale, seed=0)
    print(f"{SAMPLES} samples from start scale {start_scale}")
    display(Image.fromarray(image_grid(images, columns=10)))

# %% [markdown]
# Samples may have another size than the photo.

# %%
height, width = model.pyramid_.sizes[-1]
wide = model.sample(1, size=(height, 2 * width), seed=1)
display(Image.fromarray(wide[0]))

# %% [markdown]
# ## Animation
#
# A walk through the noise moves the photo: all of it from scale 0, gently from higher
# scales.

# %%
for start_scale in START_SCALES:
    path = model.animate(
        FRAMES,
        start_scale=start_scale,
        seed=0,
        loop=True,
        path=f"runs/tour_scale{start_scale}.gif",
        overwrite=True,
    )
    print(f"start scale {start_scale}")
    display(Picture(filename=str(path)))

# %% [markdown]
# ## Super-resolution
#
# A model that is trained for it makes a photo larger with the photo's own patches.

# %%
large = SinGAN(task="super_resolution", factor=2, **SETTINGS)
large.fit(PHOTO, checkpoint_dir="runs/tour_large", verbose=2)
enlarged = large.super_resolve(factor=2)
blocks = large.training_image().repeat(2, 0).repeat(2, 1)
display(Image.fromarray(contact_sheet([blocks, enlarged], ["photo, x2", "SinGAN, x2"])))

# %% [markdown]
# ## Editing
#
# A part of the photo is copied somewhere else. The edges show, until the edit goes
# through the model.

# %%
photo = model.training_image()
height, width = photo.shape[:2]
box = height // 3, width // 4
top, left = height // 8, width // 8
crude, mask = photo.copy(), np.zeros((height, width), "uint8")
target = np.s_[height // 2 : height // 2 + box[0], width // 2 : width // 2 + box[1]]
crude[target] = photo[top : top + box[0], left : left + box[1]]
mask[target] = 255
edited = model.edit(crude, mask, start_scale=1, seed=0)
display(
    Image.fromarray(
        contact_sheet([photo, crude, edited], ["photo", "edit", "made real"])
    )
)

# %% [markdown]
# ## Keeping it
#
# One `.keras` file holds all that the tasks need; `keras-singan push` shares it.

# %%
print(model.save("runs/tour.keras"))

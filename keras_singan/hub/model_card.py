"""The page that presents a model on a hub."""

import json

from keras_singan import __version__

_TEXT = """---
library_name: keras
license: {license}
pipeline_tag: unconditional-image-generation
tags:
- singan
- keras-singan
- single-image
- image-generation
---

# {name}

A [SinGAN](https://arxiv.org/abs/1905.01164): a generative model that was trained on a
single photo of {height} x {width} pixels, in {scales} scales, with keras_singan
{version}.

![The photo, then samples](gallery.png)

The first picture is the photo as it was trained on; it is part of `singan.keras`. The
others are samples from start scale 0 (first row) and 1 (second row).

## Use

```python
from keras_singan import SinGAN

model = SinGAN.load("hf://{repository}")
images = model.sample(4, start_scale=1)  # uint8, (4, height, width, 3)
```

`hf://{repository}@COMMIT` takes one commit for ever. Loading reads numbers and weights;
no code of the repository is run.

## Licence

The photo's licence, as its uploader gave it: `{license}`. The model holds the photo, so
it cannot be used more freely than that.
{figures}
## Training

```json
{config}
```
"""


def write_card(repository, license, singan, figures):
    """Returns the text of a model card.

    Args:
        repository: `user/name`.
        license: Identifier of the photo's licence.
        singan: A fitted `SinGAN`.
        figures: Dictionary of measured figures; empty for none.
    """
    height, width = singan.pyramid_.sizes[-1]
    return _TEXT.format(
        license=license,
        name=repository.partition("/")[2],
        repository=repository,
        height=height,
        width=width,
        scales=singan.pyramid_.num_scales,
        version=__version__,
        figures=_figures_text(figures),
        config=json.dumps(singan.config_.to_dict(), indent=2),
    )


def _figures_text(figures):
    if not figures:
        return ""
    rows = "".join(f"| {name} | {value:.4f} |\n" for name, value in figures.items())
    return (
        "\n## Figures\n\nOf 50 samples from start scale 0; lower is better, but for "
        f"diversity.\n\n| figure | value |\n|---|---|\n{rows}"
    )

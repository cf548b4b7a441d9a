"""Manifests: a `.csv` or `.jsonl` file that names photos and their options.

```
photo,name,preset,max_size,seed
portraits/ann.jpg,ann,fast,250,1
```

`photo` is needed. It is relative to the manifest's folder. `name` names the run
folder. `mask` is a mask of the photo, or several with `;` between them, beside the
manifest, too. All other columns are options of `train` for that photo: `preset`,
`task`, `alpha`, `range`, `max_pixels`, or a field of `SinGANConfig`; an empty cell
means what the whole fleet has.
"""

import csv
import io
import json

from keras_singan.errors import FleetError

SUFFIXES = (".csv", ".jsonl")
_TEXTS = ("photo", "name", "mask", "masks")
# Columns that are named as the command's options, and what `SinGAN.fit` calls them.
_NAMES = {"mask": "masks", "range": "value_range"}


def read_manifest(data, address):
    """Reads the rows of a manifest.

    Args:
        data: bytes, the file's content.
        address: Where it stands, for errors; its suffix says what it is.

    Returns:
        List of dictionaries with `photo`, maybe `name`, and options.

    Raises:
        FleetError: If it is no manifest.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("must be text in UTF-8", address) from None
    read = _csv_rows if address.lower().endswith(".csv") else _jsonl_rows
    rows = list(read(text, address))
    if not rows:
        raise _refused("must name a photo at least", address)
    for number, row in enumerate(rows, 1):
        for key in ("photo", "name"):
            value = row.get(key, "")
            if not isinstance(value, str) or (key == "photo" and not value.strip()):
                text = f"must have a text as `{key}` in photo {number}"
                raise _refused(text, address)
    return [_as_fit_has_it(row) for row in rows]


def _as_fit_has_it(row):
    row = {_NAMES.get(key, key): value for key, value in row.items()}
    masks, value_range = row.get("masks"), row.get("value_range")
    if isinstance(masks, str):
        row["masks"] = [mask.strip() for mask in masks.split(";") if mask.strip()]
    if isinstance(value_range, str) and value_range != "auto":
        row["value_range"] = [parse_value(end) for end in value_range.split(",")]
    return row


def parse_value(text):
    """Reads a value as JSON; `none` is `None`, and what is no JSON is text."""
    try:
        return json.loads(text)
    except ValueError:
        return None if text.lower() == "none" else text


def _csv_rows(text, address):
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if "photo" not in (reader.fieldnames or ()):
            raise _refused("must have a column `photo`", address)
        for number, row in enumerate(reader, 1):
            if None in row or None in row.values():
                text = f"must have as many cells in photo {number} as in its head"
                raise _refused(text, address)
            texts = {key.strip(): (value or "").strip() for key, value in row.items()}
            yield {
                key: value if key in _TEXTS else parse_value(value)
                for key, value in texts.items()
                if value
            }
    except csv.Error as error:
        raise _refused(f"must be a table ({error})", address) from None


def _jsonl_rows(text, address):
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or "photo" not in row:
            text = f"must have an object with a `photo` in line {number}"
            raise _refused(text, address)
        yield {key.strip(): value for key, value in row.items()}


def _refused(text, address):
    return FleetError(f"A manifest {text}. Received: {address!r}.")

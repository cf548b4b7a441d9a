"""Manifests: a `.csv` or `.jsonl` file that names photos and their options.

```
photo,name,preset,max_size,seed
portraits/ann.jpg,ann,fast,250,1
```

`photo` is needed. It is relative to the manifest's folder. `name` names the run
folder. All other columns are options of `train` for that photo: `preset`,
`task`, `alpha`, or a field of `SinGANConfig`; an empty cell means what the
whole fleet has.
"""

import csv
import io
import json

from keras_singan.errors import ConfigError
from keras_singan.errors import FleetError

SUFFIXES = (".csv", ".jsonl")


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
    return rows


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
                key: value if key in ("photo", "name") else parse_value(value)
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


def check_options(options, where):
    """Raises `ConfigError` for options that `train` does not have.

    Args:
        options: Dictionary of `preset`, `task`, `alpha` and fields of
            `SinGANConfig`.
        where: Whose they are, for the error.
    """
    from keras_singan.config import resolve_config

    values = dict(options)
    alpha = values.pop("alpha", "composite")
    try:
        if alpha not in ("composite", "train"):
            raise ConfigError(
                f"`alpha` must be 'composite' or 'train'. Received: alpha={alpha!r}."
            )
        resolve_config(values.pop("preset", "fast"), **values)
    except TypeError as error:
        raise ConfigError(f"{where}: {error}. Received: {options!r:.200}.") from None
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None

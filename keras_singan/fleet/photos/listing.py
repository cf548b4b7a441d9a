"""From what a user names to a list of photos."""

import glob
import os
import posixpath
import re
from pathlib import Path

from keras_singan.errors import FleetError
from keras_singan.fleet.extras import open_store
from keras_singan.fleet.photos.manifest import SUFFIXES as MANIFESTS
from keras_singan.fleet.photos.manifest import read_manifest

# What a folder is searched for. A file that is named itself may end otherwise.
PHOTOS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp")
PHOTOS += (".gif", ".avif", ".ppm", ".pgm", ".npy")
_PATTERN = re.compile(r"[*?\[]")


def list_photos(inputs):
    """Finds the photos that files, folders, patterns and manifests name.

    Args:
        inputs: Sequence of texts or `os.PathLike`: a photo; a folder, with what
            lies below it; a pattern such as `photos/**/*.jpg`; a URL that fsspec
            knows, of any of these; or a `.csv` or `.jsonl` manifest.

    Returns:
        List of dictionaries: `photo` (absolute path or URL), maybe `name`, and
        options of `train`. In the order of the inputs, folders in the order of
        their names. A photo that several inputs name comes once, unless
        manifests name it several times.

    Raises:
        FleetError: If an input names nothing.
    """
    entries, seen = [], set()
    for text in map(os.fspath, inputs):
        manifest = text.lower().endswith(MANIFESTS)
        for entry in _manifest(text) if manifest else _found(text):
            if manifest or entry["photo"] not in seen:
                entries.append(entry)
            seen.add(entry["photo"])
    if not entries:
        raise FleetError("A fleet must have at least one photo. Received: none.")
    return entries


def with_masks(entries, folder):
    """Gives each photo the mask of its name; masks themselves are no photos.

    Args:
        entries: What `list_photos` returned.
        folder: Folder or URL with a mask for each photo, of its name but for the
            suffix. Photos that have masks already, from a manifest, keep them.

    Raises:
        FleetError: If a photo has none there, or several.
    """
    # A set: of ten thousand photos each is looked up in it.
    masks = {each["photo"] for each in list_photos([folder])}
    named = {}
    for mask in masks:
        named.setdefault(stem_of(mask), []).append(mask)
    masked = []
    for entry in entries:
        if entry["photo"] in masks:
            continue
        found = entry.get("masks") or named.get(stem_of(entry["photo"]), [])
        if "masks" not in entry and len(found) != 1:
            raise FleetError(
                "A folder of masks must hold one for each photo, named as it is. "
                f"Received: {len(found)} for {entry['photo']!r} in {str(folder)!r}."
            )
        masked.append(entry | {"masks": found})
    return masked


def stem_of(photo):
    """Returns the name of a path or URL, without folder and suffix."""
    last = photo.replace("\\", "/").rpartition("/")[2]
    return last.rpartition(".")[0] or last


def _found(text):
    photos = _stored(text) if "://" in text else _on_disk(text)
    if not photos:
        raise FleetError(
            "An input must be a photo, a folder or pattern with photos, or a "
            f"manifest (.csv, .jsonl). Received: {text!r}."
        )
    return [{"photo": photo} for photo in photos]


def _on_disk(text):
    path = Path(text).expanduser()
    if path.is_dir():
        found = (
            Path(folder, name) for folder, _, names in os.walk(path) for name in names
        )
        return _in_order(
            str(file.absolute())
            for file in found
            if not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
    if path.is_file():
        return [str(path.absolute())]
    if not _PATTERN.search(text):
        return []
    found = glob.glob(str(path), recursive=True)
    files = (os.path.abspath(name) for name in found if os.path.isfile(name))
    return sorted(files, key=_natural)


def _stored(text):
    store, path = open_store(text)
    try:
        if _PATTERN.search(text):
            found = [(key, True) for key in store.glob(path)]
        elif store.isdir(path):
            found = [(key, False) for key in store.find(path)]
        else:
            found = [(path, True)] if store.exists(path) else []
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise FleetError(
            f"An input must be readable ({reason}). Received: {text!r}."
        ) from None
    if found and found[0][1]:
        return sorted((store.unstrip_protocol(key) for key, _ in found), key=_natural)
    return _in_order(store.unstrip_protocol(key) for key, _ in found)


def _in_order(names):
    photos = (name for name in names if name.lower().endswith(PHOTOS))
    return sorted(photos, key=_natural)


def _natural(text):
    """Sorts `photo2` before `photo10`."""
    parts = re.split(r"(\d+)", text)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _manifest(text):
    data = _manifest_bytes(text)
    if data is None:
        raise FleetError(f"A manifest must exist. Received: {text!r}.")
    for row in read_manifest(data, text):
        if isinstance(row.get("masks"), list):
            row["masks"] = [_beside(text, str(mask)) for mask in row["masks"]]
        yield row | {"photo": _beside(text, row["photo"].strip())}


def _manifest_bytes(text):
    try:
        if "://" not in text:
            return Path(text).expanduser().read_bytes()
        store, path = open_store(text)
        return store.cat_file(path)
    except (FileNotFoundError, IsADirectoryError):
        return None
    except FleetError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise FleetError(
            f"A manifest must be readable ({reason}). Received: {text!r}."
        ) from None


def _beside(manifest, photo):
    """A photo's address: as it is given, or beside its manifest."""
    if "://" in photo or os.path.isabs(os.path.expanduser(photo)):
        return os.path.expanduser(photo) if "://" not in photo else photo
    if "://" in manifest:
        protocol, _, path = manifest.partition("://")
        return f"{protocol}://{posixpath.join(posixpath.dirname(path), photo)}"
    return os.path.abspath(Path(manifest).expanduser().parent / photo)

"""Names of photos: safe on every disk, and no two alike."""

import re
import unicodedata

# What Windows keeps for devices, and what a fleet's place holds beside the runs.
_RESERVED = {"con", "prn", "aux", "nul", "sheets"}
_RESERVED |= {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
_LONGEST = 80


def safe_name(text):
    """Returns a name for a folder: letters of ASCII, digits, `.`, `_` and `-`.

    Args:
        text: Any text, such as a file name without its suffix.

    Returns:
        1 to 80 characters, the first a letter, a digit or `_`; `photo` where
        nothing is left of the text.
    """
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).lstrip(".-")[:_LONGEST]
    name = name.rstrip("._") or "photo"
    # `con.jpg.x` is a device, too.
    if name.partition(".")[0].lower() in _RESERVED:
        name = f"_{name}"
    return name


def unique_name(text, taken):
    """Returns `safe_name(text)`, with a number where that is taken.

    Args:
        text: Any text.
        taken: Set of names in lower case that are taken; the new one is added.
    """
    base = safe_name(text)
    name, count = base, 1
    # Disks of Windows and macOS do not tell upper from lower case.
    while name.lower() in taken:
        count += 1
        name = f"{base}-{count}"
    taken.add(name.lower())
    return name

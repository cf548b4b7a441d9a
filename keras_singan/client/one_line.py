"""Texts of a server, made fit for a line on a terminal."""


def one_line(text, longest=500):
    """Returns a text as one line that no terminal takes for a command.

    Args:
        text: Any text, or `bytes` of UTF-8.
        longest: Most characters; what is longer is cut and ends in `...`.

    Returns:
        str without line breaks, control characters and marks of direction.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    # A part is enough: blanks and controls fall away, but not without end.
    text = str(text)[: 8 * longest]
    text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[:longest]}..."

"""Standard streams that take every text, whatever the locale can encode."""

from __future__ import annotations

import codecs
import sys

_PLAIN = {"–": "-", "─": "-", "━": "-", "╸": "-", "╺": "-", "±": "+-", "λ": "lambda", "→": "->", "×": "x", "°": " deg",
          "≥": ">=", "≤": "<=", "↑": "^", "↓": "v", "α": "alpha", "…": "...", "₁": "1", "₂": "2", "₃": "3"}  # fmt: skip


def _in_plain_letters(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return what stands for a character that cannot be encoded; a byte of a file's name is that byte again."""
    assert isinstance(error, UnicodeEncodeError)
    letter = error.object[error.start]
    if "\udc80" <= letter <= "\udcff":
        return bytes([ord(letter) - 0xDC00]), error.start + 1
    return _PLAIN.get(letter, "?"), error.start + 1


codecs.register_error("posectl", _in_plain_letters)


def forgiving() -> None:
    """Let stdout and stderr write what the locale lacks, as `LC_ALL=C` does all but ASCII, in plain letters."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="posectl")

"""Standard streams that take every text, whatever the locale can encode."""

from __future__ import annotations

import codecs
import sys

_PLAIN = {"–": "-", "─": "-", "━": "-", "╸": "-", "╺": "-", "±": "+-", "λ": "lambda", "→": "->", "×": "x", "°": " deg",
          "≥": ">=", "≤": "<=", "↑": "^", "↓": "v", "α": "alpha", "…": "...", "₁": "1", "₂": "2", "₃": "3"}  # fmt: skip


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for a character that cannot be encoded."""
    assert isinstance(error, UnicodeEncodeError)
    return _PLAIN.get(error.object[error.start], "?"), error.start + 1


codecs.register_error("posectl", _in_plain_letters)


def forgiving() -> None:
    """Let stdout and stderr write what the locale lacks, as `LC_ALL=C` does all but ASCII, in plain letters."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="posectl")

"""Text for people: the filter of all that is printed, for names, labels and manifests may come from elsewhere, and a
terminal obeys them; and errors in their unit."""

from __future__ import annotations

import re
from typing import Any

_LONGEST_LIST = 5
# Controls but tab and line end, the marks that turn the direction of writing, separators that end a line for some
# terminals, and halves of surrogate pairs, which cannot be written at all.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return the text with whatever a terminal would obey written out.

    >>> print(printable("\x1b]0;title\x07 walk\n"), end="")
    \x1b]0;title\x07 walk
    """
    return _UNSAFE.sub(_written_out, text)


def one_line(text: str) -> str:
    r"""Return the text as `printable` does, and on one line: a name with a line end in it forges no row of a table.

    >>> print(one_line("walk\nrun"))
    walk\nrun
    """
    return printable(text).replace("\n", r"\n").replace("\t", " ")


def error_text(value: float, unit: str, digits: int = 2) -> str:
    """Write a test error as people read it, metres as millimetres with so many decimals.

    >>> error_text(0.0304, "m"), error_text(0.0304, "1")
    ('30.40 mm', '0.0304')
    """
    return f"{1000 * value:.{digits}f} mm" if unit == "m" else f"{value:.4g}"


def listed(names: Any, joint: str = ", ") -> str:
    """List the names of a sequence or, of many, the first few and the last.

    >>> listed("ab"), listed("abcdefg")
    ('a, b', 'a, b, c, d, ... g')
    """
    if len(names) > _LONGEST_LIST:
        return f"{listed(names[: _LONGEST_LIST - 1], joint)}{joint}... {names[-1]}"
    return joint.join(map(str, names))


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"

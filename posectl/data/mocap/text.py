"""Text files of numbers, read by numpy and refused by line: the part common to BVH, AMC and exponential maps."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

import numpy as np

from posectl import budget
from posectl.content import content_of
from posectl.errors import InvalidInputError
from posectl.inputs import read_input

# No angle, offset or place is larger; beyond it, arithmetic would overflow before any check.
LARGEST = 1e9

# Times its bytes that a text of numbers takes while it is parsed: decoded, its tokens counted, as a table.
_EXPANSION = 24
_NUL = "\0"
_OURS = {"a BVH file", "an ASF or AMC file", "an OFF file", "a JSON file"}  # a joint map may be JSON, too


def read_text(path: Path) -> str:
    """Read the file's text, UTF-8, or UTF-16 with a byte-order mark, its line ends made \\n.

    Raises NotFoundError, or InvalidInputError if the file cannot be opened, is empty or is not text.
    """
    data = read_input(path)
    budget.check(str(path), _EXPANSION * len(data), len(data))
    if not data.strip():
        raise InvalidInputError(f"{path} is empty.", "Fetch the file again.")
    content = content_of(data)
    if content is not None and content.what not in _OURS:
        raise InvalidInputError(f"{path} is {content.what}.", content.hint)
    try:
        text = data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path} is not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x}).",
            "Convert it to UTF-8, or check that it is the file you mean.",
        ) from None
    if _NUL in text:
        raise InvalidInputError(f"{path} is a binary file, not text.", "Check that it is the file you mean.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def count_tokens(text: str) -> np.ndarray:
    """Count the blank-separated tokens of each line (lines,); the text's last line end does not open another."""
    data = np.frombuffer((text if text.endswith("\n") else text + "\n").encode(), np.uint8)
    blank = data <= 0x20
    starts = ~blank
    starts[1:] &= blank[:-1]
    ends = np.flatnonzero(data == 0x0A)
    return np.diff(np.searchsorted(np.flatnonzero(starts), ends), prepend=0)


def parse_table(text: str, columns: int, path: Path, first: int, what: str = "line") -> np.ndarray:
    """Parse the numbers of `text` (rows, columns) float64, one row a line; blank lines are skipped.

    `what` messages call a line of the text, and `first` the number of the first of them. Raises InvalidInputError,
    naming the line, when one has another number of columns, or something that `is_number` refuses.
    """
    counts = count_tokens(text)
    wrong = np.flatnonzero((counts != columns) & (counts != 0))
    if wrong.size:
        row = int(wrong[0])
        raise InvalidInputError(
            f"{path}, {what} {first + row}: {counts[row]} columns, where {columns} are expected.",
            "The file is damaged or cut short there; fetch it again.",
        )
    if not counts.any():
        return np.empty((0, columns))
    try:
        table = np.loadtxt(io.StringIO(text), comments=None, ndmin=2)
    except ValueError:
        table = np.array(np.nan)
    if table.shape != (np.count_nonzero(counts), columns) or not (np.abs(table) <= LARGEST).all():
        raise _not_a_number(text, path, first, what)
    return table


def _not_a_number(text: str, path: Path, first: int, what: str) -> InvalidInputError:
    """Return the error that names the first token which is no such number."""
    for row, line in enumerate(text.split("\n"), first):
        for column, token in enumerate(line.split(), 1):
            if not is_number(token):
                return InvalidInputError(
                    f"{path}, {what} {row}, column {column}: {token[:40]!r} is no finite number of sensible size.",
                    "The file is damaged there; fetch it again, or export it again.",
                )
    return InvalidInputError(f"{path} holds something that is no number.", "Fetch or export it again.")


def is_number(token: str) -> bool:
    """Tell whether numpy would read `token` as a float (Python alone takes 1_000), finite and at most LARGEST."""
    try:
        return "_" not in token and token.isascii() and abs(float(token)) <= LARGEST
    except ValueError:
        return False

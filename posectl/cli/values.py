"""Values of options that typer leaves as text: lists, and numbers for which a word may stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from posectl.errors import UsageError

T = TypeVar("T")


def names(text: str | None) -> tuple[str, ...] | None:
    """Split "a,b" into ("a", "b"); None stays None."""
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def integers(text: str, option: str) -> tuple[int, ...]:
    """Read "256,128" as (256, 128)."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a whole number, or several.", f"For example {option} 8.") from None


def numbers(text: str, option: str) -> tuple[float, ...]:
    """Read "0.1,0.3" as (0.1, 0.3)."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a number, or several.", f"For example {option} 0.9.") from None


def one(values: Sequence[T], text: str, option: str) -> T:
    """Return the one value of a list. Raises UsageError where there are more, which are for a sweep."""
    if len(values) > 1:
        raise UsageError(
            f"{option} {text} is a list, and `posectl train` trains one model.",
            f"`posectl sweep` trains one for each: {option} {text}.",
        )
    return values[0]


def count_or_all(text: str | None, option: str) -> int | None:
    """Read a whole number from 1 on; "all", or nothing, is None."""
    if text in (None, "all"):
        return None
    try:
        count = int(str(text))
    except ValueError:
        count = 0
    if count < 1:
        raise UsageError(f"{option} {text!r} is no whole number from 1 on, nor all.", f"For example {option} 100.")
    return count


def number_or_word(text: str, words: Sequence[str], option: str) -> float | str:
    """Read a number, or one of the words that may stand for it."""
    if text in words:
        return text
    try:
        return float(text)
    except ValueError:
        known = " or ".join(words)
        raise UsageError(f"{option} {text!r} is neither a number nor {known}.", f"For example {option} 30.") from None

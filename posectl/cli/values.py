"""Option values that are more than one word: lists, numbers with a name for a special one."""

from __future__ import annotations

from posectl.errors import UsageError


def names(text: str | None) -> tuple[str, ...] | None:
    """ "a,b" as ("a", "b"); None as it is."""
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def integers(text: str, option: str) -> tuple[int, ...]:
    """ "256,128" as (256, 128)."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"{option} {text!r} is not a list of whole numbers.", f"For example {option} 256,256."
        ) from None


def numbers(text: str, option: str) -> tuple[float, ...]:
    """ "0.9,0.999" as (0.9, 0.999)."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a list of numbers.", f"For example {option} 0.9,0.999.") from None


def number_or_word(text: str | None, word: str) -> float | str | None:
    """A number, or the one word that may stand for it."""
    if text is None or text == word:
        return text
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text!r} is neither a number nor {word!r}.", f"For example 30, or {word}.") from None

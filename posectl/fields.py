"""The conversion of values to the types of dataclass fields."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


class MisfitError(ValueError):
    """A value of another type than its field's; its text says what was expected."""


def hints(cls: Any) -> dict[str, Any]:
    """Return field name -> type of a dataclass."""
    resolved = get_type_hints(cls)
    return {field.name: resolved[field.name] for field in dataclasses.fields(cls)}


def conform(value: Any, hint: Any) -> Any:
    """Return the value as a field of this type holds it: lists as tuples, whole numbers as floats, one item as several.

    Raises MisfitError, which says what was expected.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _conform_to_any(value, arguments)
    if origin is Literal:
        if value in arguments:
            return value
        raise MisfitError(f"one of {', '.join(map(repr, arguments))}")
    if origin is tuple:
        return _conform_tuple(value, arguments)
    if origin is dict and isinstance(value, Mapping):
        return {str(key): conform(each, arguments[1]) for key, each in value.items()}
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if hint is Path and isinstance(value, str | Path):
        return Path(value)
    if hint is str and isinstance(value, Path):
        return str(value)
    if isinstance(hint, type) and hint not in (float, int, Path) and isinstance(value, hint):
        return value
    raise MisfitError(_NAMES.get(origin or hint, str(getattr(hint, "__name__", hint))))


def _conform_to_any(value: Any, choices: tuple[Any, ...]) -> Any:
    if value is None and type(None) in choices:
        return None
    wanted = [choice for choice in choices if choice is not type(None)]
    expected = []
    for choice in wanted:
        try:
            return conform(value, choice)
        except MisfitError as error:
            expected.append(str(error))
    raise MisfitError(" or ".join(expected))


def _conform_tuple(value: Any, arguments: tuple[Any, ...]) -> Any:
    inner = arguments[0]
    items = list(value) if isinstance(value, list | tuple) else [value]
    if not isinstance(value, list | tuple) and get_origin(inner) is tuple:
        items = [(value,)]
    if arguments[1:] != (...,) and len(items) != len(arguments):
        raise MisfitError(f"{len(arguments)} values")
    return tuple(conform(item, inner) for item in items)


_NAMES = {float: "a number", int: "a whole number", bool: "True or False", str: "text", Path: "a path", dict: "a dict"}

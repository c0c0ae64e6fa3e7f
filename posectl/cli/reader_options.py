"""The options of a reader as the command line has them, made from the fields of its dataclass."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, cast, get_args, get_origin

from posectl.cli.common import COMMON
from posectl.cli.help import Options, parameter
from posectl.cli.values import names, number_or_word, numbers
from posectl.errors import PosectlError
from posectl.fields import hints

# Every command has a seed, and a stage gives it to readers that draw; other options that all commands have are no
# reader's.
_SEED = "seed"
_TAKEN = {*COMMON, "json", "help", "paths", "validation"} - {_SEED}


@dataclass(frozen=True)
class _Form:
    """The form of a field on the command line: the type that typer parses, its default there, and how the field's value
    is made of what typer gives."""

    type: Any
    default: Any
    value: Callable[[Any, str], Any] = lambda given, flag: given


def parameters(options: type, source: str) -> Options:
    """Return a command's option for every field of a reader's options.

    Raises PosectlError for a field that goes by the name of an option that every command has, without a default, or of
    a type that the command line does not know.
    """
    made = {}
    for field, hint in _fields(options):
        if field.name in _TAKEN:
            raise PosectlError(f"The source {source!r} has an option {field.name!r}, which all commands have.")
        if field.default is dataclasses.MISSING:
            raise PosectlError(f"The option {field.name!r} of the source {source!r} has no default.")
        form, shown = _form(field, hint), field.metadata
        made[field.name] = parameter(
            form.type,
            form.default,
            "Data",
            shown.get("help", ""),
            shown.get("flag", _flag(field)),
            metavar=shown.get("metavar"),
            min=shown.get("min"),
            show_default=shown.get("default_shown", True),
        )
    return made


def values(options: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of fields from what the command line gave. Raises UsageError."""
    return {
        field.name: _form(field, hint).value(given[field.name], _flag(field))
        for field, hint in _fields(options)
        if given.get(field.name) is not None
    }


def _fields(options: Any) -> list[tuple[dataclasses.Field[Any], Any]]:
    """Return every field with its type."""
    known = hints(options)
    return [(field, known[field.name]) for field in dataclasses.fields(options) if field.name != _SEED]


def _flag(field: dataclasses.Field[Any]) -> str:
    return f"--{field.name.replace('_', '-')}"


def _form(field: dataclasses.Field[Any], hint: Any) -> _Form:
    union = get_origin(hint) in (Union, types.UnionType)
    choices = [each for each in get_args(hint) if each is not type(None)] if union else [hint]
    kind, default = choices[0], cast(Any, field.default)
    if len(choices) > 1:
        words = [word for each in choices if get_origin(each) is Literal for word in get_args(each)]
        return _Form(str | None, default, lambda text, flag: number_or_word(text, words, flag))
    if get_origin(kind) is tuple and field.metadata.get("metavar") == "LIST":
        read = numbers if get_args(kind)[0] is float else lambda text, flag: names(text)
        return _Form(str | None, ",".join(map(str, default or ())) or None, read)
    if get_origin(kind) is tuple:
        return _Form(list[str] | None, list(default or ()) or None, lambda items, flag: tuple(items))
    if kind not in (bool, int, float, str, Path) and get_origin(kind) is not Literal:
        raise PosectlError(f"No option on the command line is of the type {hint}, as {field.name!r} is.")
    return _Form(kind if default is not None else kind | None, default)

"""`--config FILE.yaml`: option values below flags and environment, above defaults; and where each value came from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from posectl.cli.renamed import renamed
from posectl.content import other_format
from posectl.errors import InvalidInputError, NotFoundError, PosectlError, UsageError, did_you_mean
from posectl.inputs import open_input

_LARGEST, _LONGEST_NUMBER = 64 << 10, 64
_DEEPEST = 20
# What a text that its tag does not fit leads to, as a date in month 13.
_UNFIT = (ValueError, ArithmeticError, LookupError, AttributeError, TypeError)
_TEXT = "tag:yaml.org,2002:str"
_SOURCES = {"COMMANDLINE": "flag", "ENVIRONMENT": "env", "DEFAULT_MAP": "file"}


def apply(ctx: typer.Context, path: Path) -> None:
    """Make the file's values the defaults of this command's options.

    Keys are option names, at the top level, or in the section of the command, or of its group: `prepare: {name: x,
    lines: {size: 16}}` has a name for every source, and a size for `prepare lines`. What other commands have is left to
    them, so that one file serves a chain of commands. Raises UsageError for a key that is no option of any command, or
    in this command's own section not one of its own, naming the nearest.
    """
    parameters, beneath = _parameters(ctx.command), cache(_beneath)
    chosen: dict[str, Any] = {}
    for group, key, value in _entries(ctx, load(path)):
        name = str(key).replace("_", "-")[:_LONGEST_NUMBER]
        parameter = parameters.get(name)
        if parameter is not None:
            chosen[parameter.name or name] = _as_given(value, parameter)
        elif group is ctx or name not in beneath(group):
            raise _unknown(group, path, name, beneath(group))
    ctx.default_map = {**(ctx.default_map or {}), **chosen}


def _parameters(command: Any) -> dict[str, Any]:
    return {_name(p): p for p in command.params if p.name not in ("config", "help_", "version")}


def _beneath(group: Any) -> dict[str, Any]:
    """Return the options of all commands of a group, or of a command, by name."""
    command = group.command
    if not hasattr(command, "list_commands"):
        return _parameters(command)
    found: dict[str, Any] = {}
    for name in command.list_commands(group):
        inner = command.resolve_command(group, [name])[1]
        found |= _beneath(type(group)(inner, info_name=name, parent=group))
    return found


def _as_given(value: Any, parameter: Any) -> Any:
    """Return a value as the command line would give it: a list for what is repeated, else words joined by commas."""
    if getattr(parameter, "multiple", False) or getattr(parameter, "nargs", 1) == -1:
        return value if isinstance(value, list) else [value]
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _name(parameter: Any) -> str:
    """Return an option's long flag without its dashes, an argument's name."""
    flags = [flag for flag in parameter.opts if flag.startswith("--")]
    return flags[0][2:] if flags else str(parameter.name).replace("_", "-")


def _entries(ctx: Any, values: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (context, key, value) of what may be for this command: of every group on the way to it, outermost first,
    and of its own section."""
    way = [ctx]
    while way[0].parent is not None:
        way.insert(0, way[0].parent)
    for group, inner in pairwise(way):
        commands = group.command.list_commands(group)
        for key, value in values.items():
            if key not in commands or not _is_section(value):
                yield group, key, value
        values = values[inner.info_name] if _is_section(values.get(inner.info_name)) else {}
    yield from ((ctx, key, value) for key, value in values.items())


def _is_section(value: Any) -> bool:
    return isinstance(value, dict)


def _unknown(context: Any, path: Path, name: str, known: dict[str, Any]) -> PosectlError:
    """Return the error for a key that no command of a group has as an option, or a command in its own section."""
    old = renamed(name, known, flag=False)
    if old is not None:
        return UsageError(f"{path}: {old.message}", old.hint)
    sections = context.command.list_commands(context) if hasattr(context.command, "list_commands") else []
    if name in sections:
        return InvalidInputError(f"{path}: {name!r} should hold options.", f"For example `{name}: {{seed: 1}}`.")
    whose = f"No command of `{context.command_path}`" if sections else f"`{context.command_path}`"
    has = "has an" if sections else "has no"
    return UsageError(f"{path}: {whose} {has} option {name!r}.", did_you_mean(name, [*known, *sections]))


def load(path: Path) -> dict[str, Any]:
    """Read the values of a file by name. Raises NotFoundError, and InvalidInputError for what holds no values."""
    import yaml

    data = b""
    try:
        with open_input(path) as stream:
            data = stream.read(_LARGEST + 1)
        text = data.decode("utf-8")
    except NotFoundError:
        raise NotFoundError(f"There is no configuration file {path}.", "Check the path after --config.") from None
    except (OSError, UnicodeDecodeError) as error:
        cannot = InvalidInputError(f"{path} cannot be read: {error}.", "Give a YAML file of option values.")
        raise other_format(str(path), data, "YAML") or cannot from error
    if len(data) > _LARGEST:
        large = InvalidInputError(f"{path} is too large for a configuration.", "Give a YAML file of option values.")
        raise other_format(str(path), data, "YAML") or large
    try:
        values = yaml.load(text, Loader=_strict_loader())
    except (yaml.YAMLError, *_UNFIT) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        wrong = InvalidInputError(f"{path} is not valid YAML: {first}.", "Keys and values, like `steps: 1000`.")
        raise other_format(str(path), data, "YAML") or wrong from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        other = InvalidInputError(f"{path} should hold options by name.", "Keys and values, like `steps: 1000`.")
        raise other_format(str(path), data, "YAML") or other
    return values


def _strict_loader() -> Any:
    """Make a safe loader that refuses a key given twice, aliases (which can blow a small file up) and long numbers.

    Keys are text: numbers could collide, and then each costs as much as there are.
    """
    import yaml

    class Strict(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("aliases are not allowed")
            if self.flow_level + len(self.indents) > _DEEPEST:
                raise yaml.YAMLError("it is nested too deeply")
            node = super().compose_node(parent, index)
            if isinstance(node, yaml.ScalarNode) and node.tag != _TEXT and len(node.value) > _LONGEST_NUMBER:
                raise yaml.YAMLError(f"{node.value[:20]!r}... is no value")
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[str] = set()
            for key, _ in getattr(node, "value", ()):
                if not isinstance(key, yaml.ScalarNode):
                    raise yaml.YAMLError("a key is no word")
                if key.value in seen:
                    raise yaml.YAMLError(f"{key.value[:80]!r} is given twice")
                seen.add(key.value)
                key.tag = _TEXT
            return super().construct_mapping(node, deep)

    return Strict


def sources(ctx: typer.Context) -> dict[str, str]:
    """Return parameter -> flag, env, file or default."""
    found = {}
    for parameter in ctx.command.params:
        if parameter.name:
            source = ctx.get_parameter_source(parameter.name)
            found[parameter.name.rstrip("_")] = _SOURCES.get(source.name if source else "", "default")
    return found

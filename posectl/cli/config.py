"""`--config FILE.yaml`: option values below flags and environment, above defaults; and where each value came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from posectl.errors import InvalidInputError, NotFoundError, UsageError, did_you_mean

_LARGEST = 1 << 20
_SOURCES = {"COMMANDLINE": "flag", "ENVIRONMENT": "env", "DEFAULT_MAP": "file"}


def apply(ctx: typer.Context, path: Path, commands: set[str]) -> None:
    """Make the file's values the defaults of this command's options.

    Keys are option names, at the top level or under the command's own name, so that one file serves a chain of
    commands. Raises UsageError for a key that is no option, naming the nearest one.
    """
    values = _load(path)
    known = {p.name.replace("_", "-"): p for p in ctx.command.params if p.name not in (None, "config", "ctx")}
    section = values.get(ctx.info_name or "", {})
    if not isinstance(section, dict):
        raise InvalidInputError(
            f"{path}: {ctx.info_name!r} should hold options.", "For example `train: {steps: 1000}`."
        )
    chosen: dict[str, Any] = {}
    for key, value in [*((k, v) for k, v in values.items() if k not in commands), *section.items()]:
        name = str(key).replace("_", "-")
        if name not in known:
            raise UsageError(f"{path}: there is no option {key!r}.", did_you_mean(name, known))
        parameter = known[name]
        many = getattr(parameter, "multiple", False) or getattr(parameter, "nargs", 1) == -1
        chosen[parameter.name or name] = value if isinstance(value, list) or not many else [value]
    ctx.default_map = {**(ctx.default_map or {}), **chosen}


def _load(path: Path) -> dict[str, Any]:
    import yaml

    try:
        if path.stat().st_size > _LARGEST:
            raise InvalidInputError(f"{path} is too large for a configuration.", "Give a YAML file of option values.")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError(f"There is no configuration file {path}.", "Check the path after --config.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path} cannot be read: {error}.", "Give a YAML file of option values.") from error
    try:
        values = yaml.load(text, Loader=_strict_loader())
    except (yaml.YAMLError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise InvalidInputError(
            f"{path} is not valid YAML: {first}.", "Keys and values, like `steps: 1000`."
        ) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InvalidInputError(f"{path} should hold options by name.", "Keys and values, like `steps: 1000`.")
    return values


def _strict_loader() -> Any:
    """A safe loader that refuses a key given twice, and aliases (which can blow a small file up)."""
    import yaml

    class Strict(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("aliases are not allowed")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            twice = [key for key in keys if keys.count(key) > 1]
            if twice:
                raise yaml.YAMLError(f"{twice[0]!r} is given twice")
            return super().construct_mapping(node, deep)

    return Strict


def sources(ctx: typer.Context) -> dict[str, str]:
    """Option name -> flag, env, file or default."""
    found = {}
    for parameter in ctx.command.params:
        if parameter.name:
            source = ctx.get_parameter_source(parameter.name)
            found[parameter.name] = _SOURCES.get(source.name if source else "", "default")
    return found

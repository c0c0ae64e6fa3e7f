"""What messages and hints advise: options that the command has which prints them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from posectl.cli.app import app
from posectl.cli.prepare import source_command
from posectl.data.readers import READERS

ROOT = Path(__file__).parents[2] / "posectl"
FOREIGN = "prepare arrays, evaluate, render, interpolate, encode, export"
TRAINING, DRAWN = "train, sweep", "prepare images, prepare lines, prepare pole"
POSES = "prepare arrays, prepare h36m, prepare mocap"

# The commands that may print what a module says; of several prefixes that fit, the longest counts. A module that names
# an option belongs here; one that is used by commands without the option names the command, as `posectl train --lam 1`.
COMMANDS = {
    "cli/command": "*",
    "cli/compare": "compare",
    "cli/config": "*",
    "cli/demo": "demo",
    "cli/engines": "sweep, evaluate",
    "cli/doctor": "doctor",
    "cli/evaluate": "evaluate",
    "api/files": "interpolate, sample, compare, encode, decode",
    "api/pages": "explore",
    "api/regularizers": "train",
    "api/lab": "interpolate",
    "core/latent/attributes": "attribute fit",
    "stages/apply_attribute": "attribute apply",
    "stages/artifacts/attribute": "attribute apply",
    "stages/artifacts/box": "interpolate",
    "stages/fit_attribute": "attribute fit",
    "stages/explore": "explore",
    "stages/import_": "import",
    "stages/importing": "import",
    "stages/exploring": "explore",
    "stages/report": "report",
    "stages/reporting": "report",
    "cli/interpolate": "interpolate",
    "cli/plot": "plot",
    "cli/prepare": "prepare mocap",
    "cli/regularizers": TRAINING,
    "cli/render": "render",
    "cli/sample": "sample",
    "cli/store": "store rm",
    "cli/sweep": "sweep",
    "cli/train": "train",
    "cli/training": TRAINING,
    "cli/values": "*",
    "core/device": "*",
    "core/latent": "interpolate, evaluate",
    "core/memory": "*",
    "core/metrics": "evaluate",
    "core/nearest/parallel": "evaluate",
    "core/nets": TRAINING,
    "core/objectives": TRAINING,
    "core/operations": "export, explore",
    "data/checks/images": "prepare images",
    "data/clouds": "prepare clouds, prepare shapes, prepare bodies",
    "data/validation": "prepare lines",
    "data/clouds/drawn": "prepare shapes, prepare bodies",
    "data/readers/clouds": "prepare clouds",
    "data/dropping": POSES,
    "data/foreign": FOREIGN,
    "data/h36m": "prepare h36m",
    "data/images": "prepare images",
    "data/images/size": DRAWN,
    "data/layouts": f"{FOREIGN}, plot",
    "data/mocap": "prepare mocap",
    "data/motion": "export",
    "data/posefile": "prepare arrays",
    "data/poses": FOREIGN,
    "data/readers/arrays": "prepare arrays",
    "data/readers/h36m": "prepare h36m",
    "data/readers/images": "prepare images",
    "data/readers/lines": "prepare lines",
    "data/readers/mannequin": "prepare mannequin",
    "data/readers/mocap": "prepare mocap",
    "data/readers/pole": "prepare pole",
    "stages/artifacts/formats": "evaluate, render, interpolate, encode",
    "stages/artifacts/image_arrays": "evaluate, render",
    "stages/artifacts/model": "evaluate, interpolate",
    "stages/artifacts/outputs": "plot, render, explore, report",
    "stages/artifacts/pose_arrays": "evaluate, render, interpolate, encode",
    "stages/compare": "compare",
    "stages/demo": "demo",
    "stages/comparison/choice": "evaluate",
    "stages/comparison/tables": "compare",
    "stages/drawing": "render",
    "stages/drawing/manifold": "plot",
    "stages/drawing/score_curves": "plot",
    "stages/drawing/tsne": "plot",
    "stages/encode": "encode",
    "stages/evaluate": "evaluate",
    "stages/evaluation": "evaluate",
    "stages/export": "export",
    "stages/fitting": "fit",
    "stages/fit": "fit",
    "stages/exporting": "export",
    "stages/interpolate": "interpolate",
    "stages/plot": "plot",
    "stages/prepare": POSES,
    "stages/preparing": "prepare mannequin",
    "stages/presets": TRAINING,
    "stages/render": "render",
    "stages/run": "prepare mannequin, train, sweep, evaluate, interpolate, sample",
    "stages/sweep": "sweep",
    "stages/train": "train",
    "stages/training": TRAINING,
    "stages/engines/cluster": "sweep, evaluate",
    "stages/engines/connection": "sweep, evaluate",
    "stages/engines/engine": "sweep, evaluate",
    "stages/training/log": "train",
    "stages/engines/processes": "sweep, evaluate",
    "stages/training/replica": "sweep",
    "stages/engines/searching": "evaluate",
    "stages/engines/shards": "sweep, evaluate",
    "store": "*",
    "store/catalogue": "prepare mannequin, train, sweep, evaluate, interpolate, sample",
    "store/removal": "store rm",
}


SKIPPED = {
    **dict.fromkeys(("__main__", "cli/common", "cli/help", "cli/root"), "declares what all commands have"),
    "cli/completion": "is of scripts",
    **dict.fromkeys(("cli/renamed", "cli/usage"), "fills in the command that was called"),
}


@cache
def flags() -> dict[str, set[str]]:
    """The flags of every command, by its words."""
    found: dict[str, set[str]] = {}

    def add(words: str, command: object) -> None:
        found[words] = {flag for each in command.params for flag in (*each.opts, *each.secondary_opts)}  # type: ignore
        for name, inner in getattr(command, "commands", {}).items():
            add(f"{words} {name}".strip(), inner)

    add("", get_command(app))
    for source in READERS.names():
        add(f"prepare {source}", source_command(source))
    return found


def advised(text: str, own: list[str]) -> Iterator[tuple[str, str]]:
    """The pairs (command, option) that a text advises: of the command that it names last before, else of its own."""
    commands = own
    for match in re.finditer(r"(?:`?posectl |`)([a-z]\w*(?: \w+)*)|(?<![\w-])(--[a-z][a-z-]*[a-z])", text):
        words = (match[1] or "").split()
        named = [" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in flags()]
        if match[2]:
            yield from ((command, match[2]) for command in commands)
        elif named[:1] == ["prepare"]:  # of a source that is known only then
            commands = [name for name in flags() if name.startswith("prepare ")]
        elif named:
            commands = named[:1]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module and their lines, with a NUL for what is filled in; docstrings are for programmers."""
    tree = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            filled = (part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
            yield node.lineno, "".join(map(str, filled))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | parts:
            yield node.lineno, re.sub(r"^--[a-z/-]+$", "", node.value)  # nothing for the declaration of an option


def commands_of(module: str) -> list[str]:
    fitting = [prefix for prefix in COMMANDS if module == prefix or module.startswith(f"{prefix}/")]
    named = COMMANDS[max(fitting, key=len)].split(", ") if fitting else []
    if named != ["*"]:
        return named
    common = "--store" if module.startswith("store") else "--device"
    return [name for name in flags() if common in flags()[name]]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_option_that_a_text_names_is_one_of_its_command(path: Path) -> None:
    module = str(path.relative_to(ROOT).with_suffix(""))
    if module in SKIPPED:
        pytest.skip(SKIPPED[module])
    own = commands_of(module)
    for line, text in texts(path):
        assert own or not re.search(r"(?<![\w-])--[a-z]", text) or "posectl " in text, (
            f"{path}:{line}: say in COMMANDS which commands print {text!r}"
        )
        for command, flag in advised(text, own):
            assert flag in flags()[command], f"{path}:{line}: `posectl {command}` has no {flag}: {text!r}"


def test_the_walk_sees_what_is_wrong() -> None:
    assert list(advised("Add --unit cm.", ["evaluate"])) == [("evaluate", "--unit")]
    assert list(advised("`posectl train --lam 0` or --against it", ["plot"])) == [
        ("train", "--lam"),
        ("train", "--against"),
    ]
    assert list(advised("posectl prepare arrays FILE --up +z", [])) == [("prepare arrays", "--up")]
    assert "--against" not in flags()["plot"]
    assert {"--range", "--size"} <= flags()["prepare images"]

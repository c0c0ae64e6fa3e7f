"""hf-folder: a folder as model hubs have it: config.json, model.safetensors, a card, and a file that loads them."""

from __future__ import annotations

import ast
import inspect
import json
import runpy
from pathlib import Path

import numpy as np
import torch

from posectl.core import operations
from posectl.core.autoencoder import Autoencoder
from posectl.stages.exporting import target
from posectl.stages.exporting.card import card
from posectl.stages.exporting.plain import PARTS, Plain, check, plain
from posectl.stages.exporting.safetensors import write_weights
from posectl.stages.exporting.targets import ModelTarget
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run
from posectl.store import Artifact

_LOADER = '''"""encode(samples) and decode(codes) of this model: needs PyTorch and safetensors, and nothing else."""
import json, pathlib, torch
from torch.nn import functional as F
from safetensors.torch import load_file
HERE = pathlib.Path(__file__).parent
CONFIG, WEIGHTS = json.loads((HERE / "config.json").read_text()), load_file(HERE / "model.safetensors")
RUN = {{{lines}}}
def run(part, x):
    for each in CONFIG[part]:
        x = RUN[each["name"]](x, **{{k: WEIGHTS[name] for k, name in each["arrays"].items()}}, **each["settings"])
    return x
encode, decode = (lambda x: run("encoder", x)), (lambda x: run("decoder", x))
'''


@target("hf-folder")
class HubFolder(ModelTarget):
    """The target of a folder."""

    suffixes = ()
    members = ("config.json", "model.safetensors", "README.md", "load.py")

    def write(self, run: Run, artifact: Artifact, model: Autoencoder, path: Path, options: ExportOptions) -> list[str]:
        """Write the folder, load it by its own file, and hold what that gives against the model."""
        described = plain(artifact, model)
        path.joinpath("config.json").write_text(json.dumps(described.config, indent=1), encoding="utf-8")
        write_weights(described, model, path / "model.safetensors")
        path.joinpath("load.py").write_text(loader(described), encoding="utf-8")
        path.joinpath("README.md").write_text(card(run, artifact, model), encoding="utf-8")
        loaded = runpy.run_path(str(path / "load.py"))

        def given(part: str, x: np.ndarray) -> np.ndarray:
            return loaded["run"](part, torch.from_numpy(x)).numpy()

        check(model, described, given)
        return []


def loader(described: Plain) -> str:
    """Return the file that loads a folder: of the operations, those that the model takes, as posectl runs them."""
    taken = {each["name"] for part in PARTS for each in described.config[part]}
    tree = ast.parse(inspect.getsource(operations))
    table = next(
        node.value for node in tree.body if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "RUN"
    )
    assert isinstance(table, ast.Dict)
    sources = {ast.unparse(key): ast.unparse(value) for key, value in zip(table.keys, table.values, strict=True) if key}
    lines = [f"{key}: {source}" for key, source in sources.items() if ast.literal_eval(key) in taken]
    return _LOADER.format(lines=",\n       ".join(lines))

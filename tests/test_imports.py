"""Imports go one way, between any two modules, those for type checkers alone included."""

from __future__ import annotations

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def test_no_module_comes_round_to_itself() -> None:
    graph = grimp.build_graph("posectl", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
    "statement", ["import posectl", "from posectl.core.objectives import OBJECTIVES; OBJECTIVES.names()"]
)
def test_names_cost_no_heavy_import(statement: str) -> None:
    heavy = "{'torch', 'numpy', 'zarr', 'scipy', 'matplotlib', 'rich', 'obstore'}"
    code = f"import sys; {statement}; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [], done.stderr


@pytest.mark.parametrize(
    "made",
    [
        "torch.func.jvp(Linear(2, 8, 4), (torch.ones(2, 3, 8),), (torch.ones(2, 3, 8),))",
        "torch.set_default_device('meta'); UpsampledConv2d(1, 4, 4)",
        "torch.set_default_device('meta'); Density().encoder(Linear(1, 8, 4), SimpleNamespace(latent=4), 1)",
    ],
)
def test_training_imports_no_compiler(made: str) -> None:
    lines = (
        "import sys, torch",
        "from types import SimpleNamespace",
        "from posectl.core.nets.conv_layers import UpsampledConv2d",
        "from posectl.core.nets.layers import Linear",
        "from posectl.core.objectives.density import Density",
        made,
        "print(*{'torch._dynamo', 'sympy'} & set(sys.modules))",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60)
    assert (done.stdout.split(), done.returncode) == ([], 0), done.stderr

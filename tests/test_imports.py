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

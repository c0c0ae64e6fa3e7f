"""Every example is run: those of docstrings, of the README, and the notebook."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import posectl

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PUBLIC = [
    "posectl",
    *(f"posectl.api.{m.name}" for m in pkgutil.iter_modules([str(ROOT / "posectl" / "api")])),
    *(f"posectl.core.metrics.{m.name}" for m in pkgutil.iter_modules([str(ROOT / "posectl" / "core" / "metrics")])),
]


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the module's own, so that one example finds what another made."""
    return tmp_path_factory.mktemp("docs")


@pytest.fixture
def quick(shared_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(shared_folder)
    monkeypatch.setenv("POSECTL_QUICK", "1")
    return shared_folder


@pytest.mark.parametrize("module", PUBLIC)
def test_examples_of_docstrings(module: str, quick: Path) -> None:
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testmod(importlib.import_module(module), optionflags=options)
    assert failed == 0


@pytest.mark.parametrize("name", [n for n in dir(posectl) if n not in ("metrics", "__version__")])
def test_public_names_have_a_docstring(name: str) -> None:
    assert (getattr(posectl, name).__doc__ or "").strip()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_python_of_the_readme(quick: Path) -> None:
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})

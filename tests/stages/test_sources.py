"""What is read of modules' sources is kept from process to process, and counts for as long as they stay as they are."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from posectl.stages import sources
from posectl.stages.sources import Source, keep, source_of

CODE = '''"""What it does."""
from os import path

def read(x):
    return path.join(x)
'''


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file in which sources are kept, of a process that begins."""
    file = tmp_path / "__pycache__" / "sources.json"
    monkeypatch.setattr(sources, "_file", lambda: file)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    anew()
    yield file
    anew()


def anew() -> None:
    """Forget what this process read, as if it were another."""
    source_of.cache_clear()
    sources._kept.cache_clear()
    sources._new.clear()


def module(folder: Path, code: str = CODE) -> Path:
    (folder / "module.py").write_text(code)
    return folder / "module.py"


def test_names_are_those_that_the_source_has(kept: Path, tmp_path: Path) -> None:
    found = source_of(module(tmp_path))
    assert found.imports == ["os", "os.path"]
    assert found.functions == ["read"]


def test_the_next_process_parses_nothing(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = module(tmp_path)
    before = source_of(path)
    keep()
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]
    anew()
    monkeypatch.setattr(ast, "parse", None)
    assert source_of(path) == before


def test_a_changed_source_is_read_again_and_only_code_tells(kept: Path, tmp_path: Path) -> None:
    first = source_of(module(tmp_path))
    keep()
    anew()
    commented = source_of(module(tmp_path, CODE.replace("What it does", "Another")))
    assert commented.code == first.code
    assert commented.content != first.content
    keep()
    anew()
    assert source_of(module(tmp_path, CODE.replace("join(x)", "join(x, x)"))).code != first.code


def test_files_that_are_gone_are_forgotten(kept: Path, tmp_path: Path) -> None:
    path = module(tmp_path)
    source_of(path)
    keep()
    path.unlink()
    anew()
    (tmp_path / "other.py").write_text("x = 1")
    source_of(tmp_path / "other.py")
    keep()
    assert list(json.loads(kept.read_text())["sources"]) == [str(tmp_path / "other.py")]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[1]",
        lambda text: text.replace('"sources": {', '"sources": 3, "x": {'),
        lambda text: json.dumps({**json.loads(text), "sources": {"a": [1]}}),
        lambda text: json.dumps({**json.loads(text), "by": "another version's"}),
    ],
)
def test_what_cannot_be_read_counts_for_nothing(kept: Path, tmp_path: Path, damage: Callable[[str], str]) -> None:
    path = module(tmp_path)
    before = source_of(path)
    keep()
    kept.write_text(damage(kept.read_text()))
    anew()
    assert source_of(path) == before
    keep()
    anew()
    assert sources._kept() == {str(path): before}


def test_where_nothing_can_be_written_nothing_is_said(kept: Path, tmp_path: Path) -> None:
    kept.parent.write_text("no folder")
    assert isinstance(source_of(module(tmp_path)), Source)
    keep()


def test_python_that_keeps_no_compiled_code_keeps_no_sources(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source_of(module(tmp_path))
    keep()
    assert not kept.exists()

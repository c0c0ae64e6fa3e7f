from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from posectl.store.provenance import git_commit, now, software


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "topic/one")
    _git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    return folder


def test_the_commit_is_that_of_git(repository: Path, tmp_path: Path) -> None:
    head = _git(repository, "rev-parse", "HEAD")
    (repository / "deep" / "er").mkdir(parents=True)
    assert git_commit(repository) == git_commit(repository / "deep" / "er") == head
    _git(repository, "pack-refs", "--all")
    assert git_commit(repository) == head
    _git(repository, "worktree", "add", "-q", str(tmp_path / "worktree"), "-b", "two")
    _git(tmp_path / "worktree", "commit", "-q", "--allow-empty", "-m", "two")
    assert git_commit(tmp_path / "worktree") == _git(tmp_path / "worktree", "rev-parse", "HEAD") != head
    _git(repository, "checkout", "-q", "--detach")
    assert git_commit(repository) == head


def test_without_a_repository_or_a_commit_there_is_none(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    assert git_commit(tmp_path) is None
    (tmp_path / ".git" / "HEAD").write_bytes(b"\xff\xfe")
    assert git_commit(tmp_path) is None
    assert git_commit(Path("/")) is None


def test_versions_are_those_installed() -> None:
    assert software()["torch"] == version("torch")
    assert software()["zarr"] == version("zarr")


def test_times_sort_as_text() -> None:
    first, second = now(), now()
    assert first <= second
    assert first.endswith("Z")
    assert len(first) == len("2026-01-01T00:00:00.000000Z")

"""Provenance of an artifact: the versions of the software, the machine, the commit of the code around."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from posectl.version import __version__

_PACKAGES = ("torch", "numpy", "zarr", "numcodecs")


@cache
def software() -> dict[str, str | None]:
    """Return the versions of posectl, Python, torch, numpy, zarr and numcodecs, read without importing them."""
    return {
        "posectl": __version__,
        "python": platform.python_version(),
        **{package: _version(package) for package in _PACKAGES},
    }


def machine() -> str:
    """Return the operating system and processor, "Linux x86_64"."""
    return f"{platform.system()} {platform.machine()}"


def now() -> str:
    """Return the time in UTC, ISO 8601, to the microsecond, so that it sorts as text."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def git_commit(folder: Path) -> str | None:
    """Return the commit checked out in the repository around `folder`, read from its files; None if there is none."""
    try:
        git = next(parent / ".git" for parent in [folder, *folder.parents] if (parent / ".git").exists())
        if git.is_file():  # a worktree or a submodule: the file says where
            git = (git.parent / git.read_text().removeprefix("gitdir:").strip()).resolve()
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        shared = git / (git / "commondir").read_text().strip() if (git / "commondir").exists() else git
        return _branch_tip(shared, head.removeprefix("ref: "))
    except (StopIteration, OSError, UnicodeDecodeError):
        return None


def _branch_tip(git: Path, branch: str) -> str | None:
    if (git / branch).exists():
        return (git / branch).read_text().strip()
    packed = (git / "packed-refs").read_text().splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {branch}")), None)


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None

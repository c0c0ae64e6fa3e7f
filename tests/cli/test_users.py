"""What a command does with files and stores of other users: one sentence, the right exit code, nothing half-written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from users import GROUP, NOBODY, SOMEBODY, as_user, only_root

from .conftest import Ran, run_in

pytestmark = only_root
CHANGES = [
    ("store", "alias", "acai", "best"),
    ("store", "rm", "acai:v1"),
    ("store", "import", "given.zip"),
    ("train", "poses", "--reg", "none", "--steps", "2", "--name", "new"),
    ("prepare", "arrays", "poses.npz", "--name", "again"),
    ("sample", "acai", "-n", "2"),
]
READING = [
    ("store", "ls"), ("store", "show", "acai"), ("store", "log", "acai"), ("store", "verify"), ("store", "gc"),
    ("store", "diff", "acai", "acai"), ("store", "export", "poses", "-o", "out/poses.zip"),
    ("encode", "poses", "-o", "out/codes.npy"), ("render", "poses#3", "-q", "-o", "out/pose.png"),
    ("plot", "acai", "-o", "out/loss.png"),
]  # fmt: skip
WRITING = [command for command in READING if "-o" in command]


@pytest.fixture(scope="module")
def whole(store_with_a_model: Path) -> Iterator[Path]:
    """A folder that all may look into, as pytest's own are not, with a store; every module that is used is loaded."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        shutil.copytree(store_with_a_model, folder / "first")
        for command in (("store", "export", "poses", "-o", "given.zip"), *READING, *CHANGES[::-1]):
            run_in(folder / "first", *command)
        shutil.copytree(store_with_a_model, folder / "whole")
        shutil.copy(folder / "first" / "given.zip", folder / "whole")
        (folder / "whole").chmod(0o755)
        yield folder / "whole"


@pytest.fixture
def place(whole: Path) -> Iterator[Path]:
    """A copy of that folder with a subfolder, `out`, that nobody may write in."""
    folder = whole.with_name("place")
    shutil.copytree(whole, folder)
    (folder / "out").mkdir()
    (folder / "out").chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def give(folder: Path, user: int, group: int = NOBODY) -> None:
    for parent, folders, files in os.walk(folder):
        for name in ("", *folders, *files):
            os.chown(os.path.join(parent, name), user, group)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def told(done: Ran, code: int, *words: str) -> None:
    """Check the exit code, and that there is one error of one sentence, with one hint, and these words."""
    lines = [line for line in done.err.splitlines() if not line.startswith("warning: ")]
    assert (done.code, done.out) == (code, ""), done
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"], lines
    for word in words:
        assert word in done.err, done.err


def test_a_store_of_another_is_read_and_that_is_said(place: Path) -> None:
    give(place / "artifacts", SOMEBODY)
    before = tree(place / "artifacts")
    for command in READING:
        with as_user():
            done = run_in(place, *command)
        assert done.code == 0, done
        assert done.err.count("belongs to another user") <= 1
    assert tree(place / "artifacts") == before


@pytest.mark.parametrize("command", CHANGES)
def test_a_store_that_may_only_be_read_is_not_changed(place: Path, command: tuple[str, ...]) -> None:
    before = tree(place / "artifacts")
    with as_user():
        told(run_in(place, *command), 6, "Permission denied", "Choose another --store, or ask its owner")
    assert tree(place / "artifacts") == before


@pytest.mark.parametrize("command", WRITING)
def test_an_output_that_may_not_be_written_stays(place: Path, command: tuple[str, ...]) -> None:
    (place / "out").chmod(0o755)
    force = () if command[0] == "store" else ("--force",)
    with as_user():
        done = run_in(place, *command)
        told(done, done.code, "Permission denied")
        assert "--store" not in done.err
    assert list((place / "out").iterdir()) == []
    (place / "out").chmod(0o777)
    mine = place / command[-1]
    mine.write_bytes(b"mine")
    mine.chmod(0o444)
    with as_user():  # who may make files beside it, and so could put one in its place
        again = run_in(place, *command, *force)
        told(again, done.code, "Permission denied")
    assert done.code in (4, 6)
    assert tree(place / "out") == {str(mine): b"mine"}


def test_an_input_that_may_not_be_read_is_said(place: Path) -> None:
    (place / "poses.npz").chmod(0)
    (place / "closed").mkdir(0o700)
    with as_user():
        for path in ("poses.npz", "closed/poses.npz"):
            told(
                run_in(place, "prepare", "arrays", path, "--store", "out/store"), 4, "Permission denied", "permissions"
            )
    assert not any((place / "out").rglob("v1"))


def test_a_lock_of_another_stops_no_gc(place: Path) -> None:
    give(place / "artifacts", NOBODY)
    for name in ("name-acai.lock", "abc.lock"):
        (place / "artifacts" / ".staging" / name).touch()
        (place / "artifacts" / ".staging" / name).chmod(0o600)
    (place / "artifacts" / ".staging" / "junk.part").write_text("left")
    with as_user():
        told(run_in(place, "store", "alias", "acai", "best"), 6, "Permission denied", "name-acai.lock")
        done = run_in(place, "store", "gc")
        assert done.code == 0, done
        assert done.out.count("another user's") == 2, done
        assert "junk.part" in done.out
        assert run_in(place, "store", "alias", "poses", "best").code == 0


def test_what_is_made_under_a_umask_has_no_more_permissions(place: Path) -> None:
    with as_user(umask=0o077):
        made = run_in(place, "prepare", "arrays", "poses.npz", "--store", "out/store", "--name", "poses")
        assert made.code == 0, made
        assert run_in(place, "store", "export", "poses", "-o", "out/x.zip", "--store", "out/store").code == 0
    paths = list((place / "out").rglob("*"))
    assert len(paths) > 10
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}
    with as_user(SOMEBODY):
        told(run_in(place, "store", "ls", "--store", "out/store"), 6, "Permission denied")


def test_two_users_of_one_group_share_a_store(place: Path) -> None:
    os.chown(place / "out", NOBODY, GROUP)
    (place / "out").chmod(0o2775)
    shared = ("--store", "out/store")
    lines = [
        ("prepare", "arrays", "poses.npz", "--name", "poses"), ("store", "alias", "poses:v1", "best"),
        ("store", "export", "poses", "-o", "out/x.zip"),
    ]  # fmt: skip
    for user in (NOBODY, SOMEBODY):
        with as_user(user, GROUP, umask=0o002):
            for line in lines:
                done = run_in(place, *line, *shared, *(["--force"] if line[0] == "prepare" else []))
                assert done.code == 0, done
    with as_user(SOMEBODY, GROUP, umask=0o002):
        assert run_in(place, "store", "rm", "poses:v1", "--force", *shared).code == 0
        assert run_in(place, "store", "verify", *shared).code == 0
        assert run_in(place, "store", "gc", *shared).code == 0
    assert list((place / "out" / "store" / ".staging").iterdir()) == []

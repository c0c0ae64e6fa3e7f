"""Processes killed at random moments, and what must be true of the store afterwards; tests/soak.py runs it at length.

STAGES are functions of this file that write without end; COMMANDS are lines of the command line. With WITHOUT_FCNTL=1
in the environment, this process and those it starts have no fcntl, and so no locks of the kernel.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from posectl.store import Artifact, Store
from posectl.store.leases import Lease
from posectl.store.locks import Lock, lock_on

WITHOUT_FCNTL = bool(os.environ.get("WITHOUT_FCNTL"))
if WITHOUT_FCNTL:
    sys.modules["fcntl"] = None  # type: ignore[assignment]  # which makes `import fcntl` fail

# The server from which processes are forked finds this module by it, and imports it first.
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["killing", "posectl.store.arrays", "posectl.store.archive", "filelock"])


def check_locks() -> None:
    """Raise AssertionError unless this process's locks are of the sort that it was told to use."""
    assert type(lock_on(Path("x.lock"))) is (Lease if WITHOUT_FCNTL else Lock)


def publish(store: Store, name: str, value: int, size: int = 2000) -> Artifact:
    """An artifact of a few files."""
    with store.draft("samples", name) as draft:
        draft.put("x", np.full(size, value), dims=("sample",))
        draft.put("weights/last/0.weight", np.full((3, 4), value, np.float32))
        draft.put("label", np.array(["walk", str(value)]))
        draft.record(summary={"value": value}, config={"value": {"value": value, "source": "flag"}})
        return draft.publish()


def forget_draft(store: Store, name: str, size: int = 100) -> Path:
    """Leave a draft as if its maker was killed: its folder and its lock's file stay, and nobody holds the lock."""
    draft = store.draft("samples", name)
    if size:
        draft.put("x", np.zeros(size))
    return draft.path


def kill_holder(sort: type[Lock], path: Path) -> None:
    """Leave a lock as its holder does that is killed."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_hold, args=(sort, path, there))
    process.start()
    assert here.recv()
    process.kill()
    process.join()


def _hold(sort: type[Lock], path: Path, ready: Connection) -> None:
    lock = sort(path)
    ready.send(lock.acquire(patience=60))
    time.sleep(3600)


class Journal:
    """What a stage has done for certain, in a file that outlives it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, what: str, artifact: Artifact) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps([what, artifact.ref, artifact.digest]) + "\n")

    def expected(self) -> dict[str, str]:
        """ref -> digest of all that was published and that nobody has begun to remove."""
        kept: dict[str, str] = {}
        for line in self.path.read_text().splitlines() if self.path.exists() else []:
            what, ref, digest = json.loads(line)
            if what == "published":
                kept[ref] = digest
            else:
                kept.pop(ref, None)
        return kept


def _publishing(store: Store, journal: Journal, folder: Path) -> None:
    for value in range(10**9):
        journal.write("published", publish(store, "killed", value))


def _collecting(store: Store, journal: Journal, folder: Path) -> None:
    while True:
        for _ in range(3):
            forget_draft(store, "killed")
        store.gc()


def _exporting(store: Store, journal: Journal, folder: Path) -> None:
    while True:
        store.export("given:v3", folder / "out.zip", with_parents=True)


def _importing(store: Store, journal: Journal, folder: Path) -> None:
    while True:
        for artifact in store.import_(folder / "given.zip"):
            journal.write("published", artifact)
        for name in store.names():
            if name != "given":
                _remove(store, journal, store.get(name))


def _removing(store: Store, journal: Journal, folder: Path) -> None:
    while True:
        artifact = publish(store, "killed", 1)
        journal.write("published", artifact)
        _remove(store, journal, artifact)


def _aliasing(store: Store, journal: Journal, folder: Path) -> None:
    for number in range(10**9):
        store.alias(f"given:v{number % 3 + 1}", "best")


def _checkpointing(store: Store, journal: Journal, folder: Path) -> None:
    checkpoints = store.checkpoints("training")
    with checkpoints.lock():
        loaded = checkpoints.load()
        step = loaded[0] if loaded else 0
        while True:
            step += 1
            checkpoints.save(step, {"w": np.full(1000, step)}, {"step": step})
            (folder / "saved").write_text(str(step))


def _remove(store: Store, journal: Journal, artifact: Artifact) -> None:
    journal.write("removing", artifact)
    store.remove(artifact.ref, force=True)


STAGES: dict[str, Callable[[Store, Journal, Path], None]] = {
    "publish": _publishing,
    "gc": _collecting,
    "export": _exporting,
    "import": _importing,
    "remove": _removing,
    "alias": _aliasing,
    "checkpoint": _checkpointing,
}


def kill_loop(stage: str, count: int, folder: Path, seed: int = 0, most: float = 0.08) -> None:
    """Kills `stage` `count` times within `most` seconds of work; raises AssertionError if that did harm."""
    rng = random.Random(f"{stage} {seed}")
    for number in range(count):
        if number % 10 == 0:  # else the store would grow, and checking it take ever longer
            place = folder / f"{stage}-{number}"
            _prepare(place)
        _run_and_kill(stage, place, rng.uniform(0, most))
        check_after_kill(place)


def _prepare(place: Path) -> None:
    place.mkdir(parents=True)
    store, journal = Store(place / "store"), Journal(place / "journal")
    for value in range(3):
        journal.write("published", publish(store, "given", value))
    source = Store(place / "source")
    for value in range(3):
        publish(source, "imported", value)
    with source.draft("scores", "imported-scores") as draft:
        draft.record(parents=[("samples", artifact) for artifact in source.artifacts()])
        draft.publish()
    source.export("imported-scores", place / "given.zip", with_parents=True)


def _run_and_kill(stage: str, place: Path, after: float) -> None:
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_work, args=(stage, place, there))
    process.start()
    there.close()
    here.recv()
    time.sleep(after)
    process.kill()
    process.join()
    assert process.exitcode == -9, f"{stage} ended by itself with {process.exitcode}"


def _work(stage: str, place: Path, ready: Connection) -> None:
    check_locks()
    store = Store(place / "store")
    ready.send(None)
    STAGES[stage](store, Journal(place / "journal"), place)


def check_after_kill(place: Path) -> None:
    """The store verifies, all that was published is there, and `gc` clears the rest."""
    store = Store(place / "store")
    assert (problems := store.verify(level=3)) == [], problems
    for ref, digest in Journal(place / "journal").expected().items():
        assert store.get(ref).digest == digest, ref
    if (place / "out.zip").exists():
        assert len(Store(place / f"out-{time.time_ns()}").import_(place / "out.zip")) == 1
        store.export("given:v3", place / "out.zip")  # takes away what a kill at the one bad instant left
    assert WITHOUT_FCNTL or not [path for path in place.iterdir() if path.suffix == ".part"]
    loaded = store.checkpoints("training").load()
    saved = int((place / "saved").read_text() or 0) if (place / "saved").exists() else 0
    assert (loaded[0] if loaded else 0) >= saved, "a finished checkpoint was lost"
    assert loaded is None or (loaded[1]["w"] == loaded[0]).all()
    store.gc()
    left = [path.name for path in (store.path / ".staging").iterdir() if not path.name.startswith("checkpoints-")]
    assert left == [], left
    assert store.verify() == []


# Commands that do their work anew each time; a run of each before gives them what they need, and its time.
COMMANDS: dict[str, list[str]] = {
    "prepare": ["prepare", "mannequin", "--subjects", "3", "--seconds", "1"],
    "train": ["train", "--reg", "acai", "--lam", "0.1", "--steps", "60", "--batch", "16", "--checkpoint-every", "5"],
    "evaluate": ["evaluate", "--endpoints", "6", "--random-pairs", "50", "--samples", "200", "--recall-samples", "500",
                 "--recall-targets", "50"],
}  # fmt: skip


def kill_command(name: str, count: int, folder: Path, seed: int = 0) -> None:
    """Kills a command `count` times at any moment of its run; raises AssertionError if that did harm."""
    rng = random.Random(f"{name} {seed}")
    for number in range(count):
        if number % 20 == 0:
            place = folder / f"{name}-{number}"
            place.mkdir(parents=True)
            duration = [_command(each, place) for each in COMMANDS][list(COMMANDS).index(name)]
        before = {artifact.ref: artifact.digest for artifact in Store(place / "store").artifacts()}
        _command(name, place, rng.uniform(0, duration))
        after = {artifact.ref: artifact.digest for artifact in Store(place / "store").artifacts()}
        assert before.items() <= after.items(), "a published artifact was lost"
        check_after_kill(place)


def _command(name: str, place: Path, kill_after: float | None = None) -> float:
    """Runs a command, to its end or until it is killed; returns how many seconds it took."""
    line = [sys.executable, "-m", "posectl", *COMMANDS[name], "--store", str(place / "store"), "--threads", "1", "-q"]
    start = time.monotonic()
    process = subprocess.Popen([*line, "--force"], stdout=subprocess.DEVNULL, cwd=place)
    try:
        assert process.wait(kill_after) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return time.monotonic() - start

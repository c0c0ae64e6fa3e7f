"""What needs many tries to be believed: processes killed at random moments, races, full disks, every byte changed.

    python tests/soak.py kill --count 200    kill -9 in every stage of STAGES and every command of COMMANDS
    python tests/soak.py race --count 320    eight processes publish one name
    python tests/soak.py flip --masks 255    every byte of an artifact, changed in so many ways
    python tests/soak.py full --count 50     a file-size limit, or with --tmpfs a small disk, at so many points

The tests run the same functions with small counts. A new stage is one more entry in STAGES or COMMANDS.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from posectl.errors import PosectlError
from posectl.store import Artifact, Draft, Store

SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["posectl.store.arrays", "posectl.store.archive", "soak"])


def publish(store: Store, name: str, value: int, size: int = 2000) -> Artifact:
    """An artifact of a few files."""
    with store.draft("samples", name) as draft:
        draft.put("x", np.full(size, value), dims=("sample",))
        draft.put("weights/last/0.weight", np.full((3, 4), value, np.float32))
        draft.put("label", np.array(["walk", str(value)]))
        draft.record(summary={"value": value}, config={"value": {"value": value, "source": "flag"}})
        return draft.publish()


def abandon(draft: Draft) -> None:
    """Leaves a draft as one whose maker was killed: its folder and its lock's file stay, and nobody holds the lock."""
    descriptor = draft._staging._lock._descriptor
    assert descriptor is not None
    os.close(descriptor)


# kill -9


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
        for value in range(3):
            draft = store.draft("samples", "killed")
            draft.put("x", np.full(100, value))
            abandon(draft)
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
        check_after_kill(place, stage)


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
    store = Store(place / "store")
    ready.send(None)
    STAGES[stage](store, Journal(place / "journal"), place)


def check_after_kill(place: Path, stage: str) -> None:
    """The store verifies, all that was published is there, and `gc` clears the rest."""
    store = Store(place / "store")
    assert (problems := store.verify(level=3)) == [], problems
    for ref, digest in Journal(place / "journal").expected().items():
        assert store.get(ref).digest == digest, ref
    if (place / "out.zip").exists():
        assert len(Store(place / f"out-{time.time_ns()}").import_(place / "out.zip")) == 1
    assert not [path for path in place.iterdir() if path.suffix == ".part"]
    loaded = store.checkpoints("training").load()
    saved = int((place / "saved").read_text() or 0) if (place / "saved").exists() else 0
    assert (loaded[0] if loaded else 0) >= saved, "a finished checkpoint was lost"
    assert loaded is None or (loaded[1]["w"] == loaded[0]).all()
    store.gc()
    left = {path.name for path in (store.path / ".staging").iterdir()}
    assert left <= {"checkpoints-training"}, left
    assert store.verify() == []


# Commands of the command line, killed the same way: name -> arguments; {store} stands for the store's folder.
COMMANDS: dict[str, list[str]] = {}


def kill_command(name: str, count: int, folder: Path, seed: int = 0, most: float = 10.0) -> None:
    """Kills a command `count` times at a random moment; raises AssertionError if the store is not as it was."""
    rng = random.Random(f"{name} {seed}")
    store = folder / name / "store"
    for _ in range(count):
        arguments = [argument.format(store=store) for argument in COMMANDS[name]]
        process = subprocess.Popen(
            [sys.executable, "-m", "posectl", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(0, most))
        process.kill()
        process.wait()
        check_after_kill(folder / name, name)


# A race


def race(processes: int, count: int, path: Path) -> None:
    """`processes` publish one name `count` times in all: so many versions, without a gap; raises AssertionError."""
    workers = [SPAWN.Process(target=_race, args=(path, number, count // processes)) for number in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    store = Store(path)
    assert [worker.exitcode for worker in workers] == [0] * processes
    assert store.versions("race") == list(range(1, count + 1))
    written = {tuple(artifact.read("x").tolist()) for artifact in store.artifacts()}
    assert written == {(number, turn) for number in range(processes) for turn in range(count // processes)}
    assert store.verify() == []
    assert store.gc().removed == []


def _race(path: Path, number: int, count: int) -> None:
    for turn in range(count):
        with Store(path).draft("samples", "race") as draft:
            draft.put("x", np.array([number, turn]))
            draft.publish()


# Every byte


def flip(artifact: Artifact, store: Store, masks: list[int]) -> int:
    """Changes each byte of an artifact by each mask; `verify` tells, and no reader gives other numbers; how often."""
    values = {name: artifact.read(name) for name in artifact.arrays()}
    tries = 0
    for path in sorted(path for path in artifact.path.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        with path.open("r+b", buffering=0) as file:
            for offset in range(len(whole)):
                for mask in masks:
                    os.pwrite(file.fileno(), bytes([whole[offset] ^ mask]), offset)
                    check_damage(artifact.ref, store, values, f"{path} at {offset} by {mask}")
                    tries += 1
                os.pwrite(file.fileno(), whole[offset : offset + 1], offset)
    assert store.verify(artifact.ref) == []
    return tries


def check_damage(ref: str, store: Store, values: dict[str, np.ndarray], where: str) -> None:
    """`verify` finds a problem, and each array reads as it was or raises PosectlError; raises AssertionError."""
    assert store.verify(ref), f"not noticed: {where}"
    artifact = None
    for name, expected in values.items():
        try:
            artifact = artifact or store.get(ref)
            read = artifact.read(name)
        except PosectlError:
            continue
        assert read.dtype == expected.dtype, where
        assert read.tobytes() == expected.tobytes(), where


# A full disk


def fill(limit: int, path: Path) -> str:
    """Writes everything where no file may grow past `limit` bytes, or 0; returns the error's text, "" if it fitted."""
    answer, question = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_fill, args=(limit, path, question))
    process.start()
    question.close()
    message = answer.recv()
    process.join()
    assert process.exitcode == 0
    return str(message)


def _fill(limit: int, path: Path, answer: Connection) -> None:
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        write_everything(path)
    except PosectlError as error:
        answer.send(f"{error.message} {error.hint}")
    else:
        answer.send("")


def write_everything(path: Path) -> None:
    """One of each thing that the store writes."""
    store = Store(path)
    rng = np.random.default_rng(0)
    with store.draft("samples", "full") as draft:
        draft.put("x", rng.normal(size=4000))
        draft.put("label", np.array(["walk", "run"]))
        draft.publish()
    store.alias("full", "best")
    checkpoints = store.checkpoints("training")
    checkpoints.save(1, {"w": rng.normal(size=3000)}, {})
    store.export("full", path.with_name("full.zip"))


def check_after_full(path: Path) -> None:
    """Whatever is visible is whole, and nothing is left half-written."""
    store = Store(path)
    assert (problems := store.verify(level=3)) == [], problems
    store.checkpoints("training").load()
    store.gc(checkpoints=True)
    assert list((path / ".staging").iterdir() if (path / ".staging").exists() else []) == []
    assert not [each for each in path.parent.iterdir() if each.name.endswith(".part")]


def fill_by_limit(count: int, folder: Path) -> list[str]:
    """`fill` at `count` limits from 1 byte to just enough; gives the messages."""
    messages = []
    for number, limit in enumerate(np.unique(np.geomspace(10, 60_000, count).astype(int))):
        path = folder / str(number) / "store"
        path.parent.mkdir(parents=True)
        messages.append(fill(int(limit), path))
        check_after_full(path)
    return messages


def fill_tmpfs(count: int, folder: Path) -> list[str]:
    """`fill` on a small disk with less and less left; needs the right to mount. Gives the messages."""
    messages = []
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    try:
        for left in np.linspace(0, 200_000, count).astype(int):
            for path in folder.iterdir():
                shutil.rmtree(path)
            place = folder / "place"
            place.mkdir()
            free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
            (place / "ballast").write_bytes(b"x" * max(0, free - int(left)))
            messages.append(fill(0, place / "store"))
            check_after_full(place / "store")
    finally:
        subprocess.run(["umount", folder], check=True)
    return messages


# The command line


def main() -> None:
    """Runs one of them, at length, and prints a line of figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["kill", "race", "flip", "full"])
    parser.add_argument("--count", type=int, default=200, help="kills of each stage, publications, or points")
    parser.add_argument(
        "--masks", type=int, default=8, help="ways to change a byte: 8 single bits, or up to 255 values"
    )
    parser.add_argument("--stage", action="append", help="only these stages")
    parser.add_argument("--tmpfs", action="store_true", help="fill a small tmpfs, as root")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        print(_run(options, Path(temporary)), f"in {time.monotonic() - start:.0f} s")


def _run(options: argparse.Namespace, folder: Path) -> str:
    if options.what == "kill":
        for stage in options.stage or [*STAGES, *COMMANDS]:
            (kill_loop if stage in STAGES else kill_command)(stage, options.count, folder, options.seed)
            print(f"{stage}: killed {options.count} times; the store verified each time")
        return "all stages"
    if options.what == "race":
        race(8, options.count, folder / "store")
        return f"8 processes published {options.count} versions"
    if options.what == "flip":
        store = Store(folder / "store")
        masks = [1 << bit for bit in range(8)] if options.masks == 8 else list(range(1, options.masks + 1))
        return f"{flip(publish(store, 'small', 1, size=20), store, masks)} changes of a byte, each noticed"
    messages = (fill_tmpfs if options.tmpfs else fill_by_limit)(options.count, folder / "full")
    return f"{len(messages)} points, {sum(map(bool, messages))} errors, e.g.: {max(messages, key=len)}"


if __name__ == "__main__":
    main()

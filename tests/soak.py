"""What needs many tries to be believed: processes killed at random moments, races, full disks, every byte changed.

    python tests/soak.py kill --count 200    kill -9 in every stage of STAGES and every command of COMMANDS (killing.py)
    python tests/soak.py race --count 320    eight processes publish one name
    python tests/soak.py flip --masks 255    every byte of an artifact, changed in so many ways
    python tests/soak.py full --count 50     a file-size limit, or with --tmpfs a small disk, at so many points
    python tests/soak.py haunt --count 600   so many seconds of links, pipes, kills and halts (haunting.py)

The tests run the same functions with small counts. A new stage is one more entry in STAGES or COMMANDS there.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
from haunting import haunt
from killing import COMMANDS, SPAWN, STAGES, check_locks, kill_command, kill_loop, publish

from posectl.errors import PosectlError
from posectl.store import Artifact, Store
from posectl.store.locks import Lock, held


def count(processes: int, turns: int, folder: Path) -> None:
    """Count in a file and name aliases, all processes at once, under the store's locks: no turn may be lost.

    Raises AssertionError.
    """
    store = Store(folder / "store")
    publish(store, "counted", 0)
    (folder / "number").write_text("0")
    _run_all([SPAWN.Process(target=_count, args=(folder, number, turns)) for number in range(processes)])
    assert int((folder / "number").read_text()) == processes * turns
    assert store.aliases("counted") == {f"a{n}-{turn}": "v1" for n in range(processes) for turn in range(turns)}


def contend(sort: type[Lock], processes: int, turns: int, path: Path) -> None:
    """Take and release one lock from all processes; raises AssertionError if two ever hold it at once."""
    _run_all([SPAWN.Process(target=_contend, args=(sort, turns, path)) for _ in range(processes)])
    assert not path.exists()


def _contend(sort: type[Lock], turns: int, path: Path) -> None:
    inside = path.with_name("inside")
    for _ in range(turns):
        lock = sort(path)
        assert lock.acquire(patience=60)
        inside.touch(exist_ok=False)
        time.sleep(0.001)
        inside.unlink()
        lock.release()


def _count(folder: Path, number: int, turns: int) -> None:
    check_locks()
    store = Store(folder / "store")
    for turn in range(turns):
        with held(folder / "number.lock"):
            before = int((folder / "number").read_text())
            time.sleep(0)  # lets another in, were there no lock
            (folder / "number").write_text(str(before + 1))
        store.alias("counted", f"a{number}-{turn}")


def _run_all(workers: Sequence[BaseProcess]) -> None:
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * len(workers)


def race(processes: int, count: int, path: Path) -> None:
    """`processes` publish one name `count` times in all: so many versions, without a gap; raises AssertionError."""
    _run_all([SPAWN.Process(target=_race, args=(path, number, count // processes)) for number in range(processes)])
    store = Store(path)
    assert store.versions("race") == list(range(1, count + 1))
    written = {tuple(artifact.read("x").tolist()) for artifact in store.artifacts()}
    assert written == {(number, turn) for number in range(processes) for turn in range(count // processes)}
    assert store.verify() == []
    assert store.gc().removed == []


def _race(path: Path, number: int, count: int) -> None:
    check_locks()
    for turn in range(count):
        with Store(path).draft("samples", "race") as draft:
            draft.put("x", np.array([number, turn]))
            draft.publish()


def flip(artifact: Artifact, store: Store, masks: list[int], step: int = 1) -> int:
    """Change each byte of an artifact, or every so many, by each mask; return how often.

    Raises AssertionError unless `verify` notices each time, and no reader gives other numbers.
    """
    values = {name: artifact.read(name) for name in artifact.arrays()}
    tries = 0
    for path in sorted(path for path in artifact.path.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        with path.open("r+b", buffering=0) as file:
            for offset in range(0, len(whole), step):
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


def main() -> None:
    """Runs one of them, at length, and prints a line of figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["kill", "race", "flip", "full", "haunt"])
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
            print(f"{stage}: killed {options.count} times; the store verified each time", flush=True)
        return "all stages"
    if options.what == "race":
        race(8, options.count, folder / "store")
        return f"8 processes published {options.count} versions"
    if options.what == "flip":
        store = Store(folder / "store")
        masks = [1 << bit for bit in range(8)] if options.masks == 8 else list(range(1, options.masks + 1))
        return f"{flip(publish(store, 'small', 1, size=20), store, masks)} changes of a byte, each noticed"
    if options.what == "haunt":
        return haunt(options.count, folder, seed=options.seed, sweeps=True)
    messages = (fill_tmpfs if options.tmpfs else fill_by_limit)(options.count, folder / "full")
    return f"{len(messages)} points, {sum(map(bool, messages))} errors, e.g.: {max(messages, key=len)}"


if __name__ == "__main__":
    main()

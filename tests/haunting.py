"""A store with links, pipes and other people's folders in it, at which processes work that are killed and halted.

tests/soak.py runs `haunt` at length, with process sweeps whose parents are killed; the tests run it in brief.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

from killing import SPAWN, publish

from posectl.errors import PosectlError
from posectl.store import Store
from posectl.store.locks import lock_on

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
SWEEP = (
    *("sweep", "data", "--reg", "none", "--latent", "2,3", "--batch", "8", "--set", "mlp.widths=8"),
    *("--checkpoint-every", "100", "--engine", "process", "--jobs", "2", "--threads", "1"),
)


def haunt(seconds: float, folder: Path, processes: int = 8, seed: int = 0, sweeps: bool = False) -> str:
    """Plant links, pipes and folders of another owner in a store at which processes work; kill and halt those.

    Afterwards what the links lead to is untouched, every publication that was told of is there, `gc` leaves nothing,
    and nobody waits for a pipe. sweeps: train there, too, and kill the parents of the workers. Returns what was done;
    raises AssertionError.
    """
    rng, precious, store = random.Random(seed), folder / "precious", Store(folder / "store")
    precious.mkdir()
    (precious / "thesis.tex").write_text("years")
    publish(store, "haunted", 0)
    workers = [_haunted_worker(folder, number) for number in range(processes)]
    planted, kills, halts, deadline = 0, 0, 0, time.monotonic() + seconds
    with ThreadPoolExecutor(1) as pool:
        trained = pool.submit(kill_sweeps, deadline if sweeps else 0, folder, seed)
        while time.monotonic() < deadline:
            planted += _plant(rng, store, precious)
            number, draw = rng.randrange(processes), rng.random()
            assert workers[number].is_alive(), "a worker died by itself"
            if draw < 0.02 and (folder / f"begun-{workers[number].pid}").exists():
                os.kill(workers[number].pid or 0, rng.choice(SIGNALS))
                workers[number].join(timeout=60)
                assert workers[number].exitcode is not None, "a worker waits for ever"
                workers[number], kills = _haunted_worker(folder, number), kills + 1
            elif 0.02 <= draw < 0.04:
                halt(workers[number].pid or 0, rng.uniform(0, 0.3))
                halts += 1
            time.sleep(0.01)
        swept = trained.result()
    for worker in workers:
        worker.kill()
        worker.join()
    assert [path.name for path in precious.iterdir()] == ["thesis.tex"]
    assert (precious / "thesis.tex").read_text() == "years"
    published = [line.split() for each in folder.glob("journal-*") for line in each.read_text().splitlines()]
    for ref, digest in published:
        assert store.get(ref).digest == digest, ref
    store.gc(checkpoints=True)
    assert list(store.layout.staging.iterdir()) == []
    strange = {problem.message.partition(" ")[2] for problem in store.verify(level=3)}
    assert strange <= {"does not belong to the store"}, strange
    return f"{planted} planted, {kills} kills, {halts} halts, {swept} sweeps killed, {len(published)} published"


def halt(pid: int, seconds: float) -> None:
    """Stop a process wherever it is, as Ctrl-Z does, and let it go on after so many seconds."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)


def kill_sweeps(deadline: float, folder: Path, seed: int = 0) -> int:
    """Start process sweeps in a store until the deadline, and kill the parent of each; return how many were killed.

    Another is begun after every four, and the last may end: its models are there.
    """
    if time.monotonic() > deadline:
        return 0
    rng, killed, store = random.Random(seed), 0, Store(folder / "store")
    prepare = ("prepare", "mannequin", "--subjects", "3", "--seconds", "1", "--name", "data")
    assert begin(store, *prepare).wait() == 0
    while time.monotonic() < deadline:
        given = ("--steps", "400000", "--seed", str(killed // 4))
        kill_parent(begin(store, *SWEEP, *given), store, SIGNALS[killed % 4], rng.uniform(0, 8), rng.random() < 0.5)
        killed += 1
    assert begin(store, *SWEEP, "--steps", "50", "--name", "last").wait() == 0
    assert store.get("last", "sweep").summary["diverged"] == 0
    return killed


def begin(store: Store, *line: str) -> subprocess.Popen:
    """Start a command on a store, which says what it has to say in a file beside it."""
    folder, environment = store.path.parent, {**os.environ, "OMP_NUM_THREADS": "1"}
    arguments = [sys.executable, "-m", "posectl", *line, "--store", str(store.path), "-q"]
    with (folder / "said.txt").open("ab") as said:
        return subprocess.Popen(
            arguments, stdout=said, stderr=said, start_new_session=True, cwd=folder, env=environment
        )


def kill_parent(parent: subprocess.Popen, store: Store, sign: int, after: float, halted: bool) -> None:
    """Kill a command that has workers, so many seconds after it has them; raise AssertionError if one is left a second
    after it, if a lock of theirs is held, or if a file of theirs is there that `gc` does not take.

    halted: whether it is stopped for a while before.
    """
    _wait_for(lambda: parent.poll() is not None or len(children(parent.pid)) > 2)
    time.sleep(after)
    if halted:
        halt(parent.pid, 0.5)
    workers = children(parent.pid)
    parent.send_signal(sign)
    code = parent.wait(timeout=120)
    assert code in (-sign, 128 + sign), (code, (store.path.parent / "said.txt").read_text()[-600:])
    _wait_for(lambda: not any(map(lives, workers)), seconds=1 + 5 * os.getloadavg()[0] / (os.cpu_count() or 1))
    if sign == signal.SIGKILL:
        store.gc()
    ours = {parent.pid, *workers}
    owned = [path.name for path in store.layout.staging.glob("*.lock") if lock_on(path).owner().get("pid") in ours]
    assert owned == [], owned


def _wait_for(asked: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not asked():
        assert time.monotonic() < deadline, f"not within {seconds:.1f} s"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def lives(pid: int) -> bool:
    """Return whether a process runs, and is not merely waiting to be buried."""
    with suppress(OSError):
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def _haunted_worker(folder: Path, number: int) -> BaseProcess:
    worker = SPAWN.Process(target=_haunted, args=(folder, number), daemon=True)
    worker.start()
    return worker


def _haunted(folder: Path, number: int) -> None:
    """Publish, remove, read, list and collect without end; only posectl's own errors are borne."""
    logging.disable()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_DFL)
    (folder / f"begun-{os.getpid()}").touch()  # before, it is the server's child, which no Ctrl-C ends
    store, rng, value = Store(folder / "store"), random.Random(number + time.time_ns()), 0
    while True:
        value += 1
        try:
            with (folder / f"journal-{number}").open("a") as journal:
                made = publish(store, "haunted", value)
                journal.write(f"{made.ref} {made.digest}\n")
            gone = publish(store, f"own-{number}", value, size=10)
            store.remove(gone.ref)
            rng.choice(
                [store.artifacts, store.gc, lambda: store.get("haunted").read("x"), lambda: store.newest("samples")]
            )()
        except PosectlError:
            store.gc()


def _plant(rng: random.Random, store: Store, precious: Path) -> int:
    """Put something where a store has files of its own; return how many."""
    name = f"{rng.randrange(16**8):08x}"
    place = store.path / rng.choice([
        f".staging/{name}.lock", f".staging/{name}.part", f".staging/{name}", ".staging/name-haunted.lock",
        f"ext-{name}", f"haunted/v9{name[:4].translate(str.maketrans('abcdef', '123456'))}",
    ])  # fmt: skip
    with suppress(OSError):
        match rng.randrange(5):
            case 0:
                place.symlink_to(precious)
            case 1:
                place.symlink_to(precious / "thesis.tex")
            case 2:
                place.symlink_to(precious / "nothing")
            case 3:
                os.mkfifo(place)
            case _ if not place.name.endswith(".lock") and not place.name.startswith(("v", "ext")):
                place.mkdir()
                if os.geteuid() == 0:
                    os.chown(place, 12345, 12345)
        return 1
    return 0

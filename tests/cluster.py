"""A sweep on four hosts that share a folder and nothing else, which are killed, frozen and cut off from each other.

    python tests/cluster.py dask --folder F     a scheduler of Dask, restarted once, and a worker on every host
    python tests/cluster.py shard --folder F    `--shard` in a shell loop on every host, of which two have the same one
    python tests/cluster.py soak --folder F     sweep, score and remove for --minutes, by workers of which one lives
    python tests/cluster.py search --folder F   draws against --poses, or --stored, on two hosts, killed likewise

A host is a network namespace with a host's name and processes of its own. While they sweep, a process is killed with -9
every --kill seconds, and one host is stopped, and goes on after its task was taken over. In the end every model has to
be there once, equal to the bit to one made on one host, and the store has to verify. For root on Linux; elsewhere it
says so, and ends.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy as np
from hosts import NET, PYTHON, Host, network, refused

from posectl.data.readers import mannequin
from posectl.store import Store
from posectl.store.leases import Lease

PORT = 8786
HEAD = f"tcp://{NET}.1:{PORT}"
WORKER = (
    f"{sys.executable} -m distributed.cli.dask_worker {HEAD} --nthreads 1 --no-nanny --memory-limit 0 --no-dashboard"
)
_DEAF = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "60s"}  # after which a scheduler gives a frozen worker's tasks away
_LIMIT = 5400.0  # seconds for a sweep


def sweep_line(models: int, sizes: int, seeds: int, steps: int) -> list[str]:
    """Return the command of a sweep of so many models: weights times latent sizes times seeds."""
    weights = max(1, models // (sizes * seeds))
    lam, latent = ",".join(f"{i / 100:g}" for i in range(weights)), ",".join(str(3 + i) for i in range(sizes))
    return [
        "sweep", "--reg", "acai", "--lam", lam, "--latent", latent, "--seeds", str(seeds), "--steps", str(steps),
        "--set", "mlp.widths=16", "--evaluate-every", str(steps), "--batch", "16", "--name", "many",
    ]  # fmt: skip


class Kills:
    """Processes of a word in their lines are killed with -9 on one of some hosts, every so many seconds."""

    def __init__(self, hosts: Sequence[Host], every: float, word: str = "dask_worker") -> None:
        self._hosts, self._every, self._word = hosts, every, word
        self._random, self._last, self.count = random.Random(0), time.monotonic(), 0

    def happen(self, among: Sequence[Host] = ()) -> None:
        """Kill those of one host, of all or among some, if it is due."""
        if time.monotonic() - self._last > self._every:
            self._last = time.monotonic()
            self.count += self._random.choice(among or self._hosts).send(signal.SIGKILL, self._word) > 0


class Trouble:
    """What happens to hosts while they sweep: kills at intervals, and one is stopped."""

    def __init__(
        self, hosts: Sequence[Host], store: Store, models: int, kill: float, word: str, stoppable: Sequence[Host] = ()
    ) -> None:
        self._stoppable = stoppable or hosts
        self._hosts, self._store, self._models, self._killing = hosts, store, models, Kills(hosts, kill, word)
        self._frozen: tuple[Host, Path, str] | None = None
        self.thawed, self.half = False, False

    def happen(self) -> bool:
        """Do what is due; return whether half of the models are there for the first time."""
        self._killing.happen([host for host in self._hosts if self._frozen is None or host is not self._frozen[0]])
        there = sum(name.startswith("many-") for name in self._store.names())
        if self._frozen is None and not self.thawed and there > self._models / 8:
            self._freeze()
        elif self._frozen is not None:
            host, lock, token = self._frozen
            if Lease(lock).owner().get("token") != token:
                print(f"{host.name} goes on, for its task was taken over", flush=True)
                host.send(signal.SIGCONT)
                self._frozen, self.thawed = None, True
        first, self.half = not self.half and there > self._models / 2, self.half or there > self._models / 2
        return first

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return self._killing.count

    def _freeze(self) -> None:
        """Stop a host that holds a task."""
        for lock in self._store.layout.staging.glob("checkpoints-*.lock"):
            owner = Lease(lock).owner()
            for host in self._stoppable:
                if owner.get("host") == host.name:
                    task = lock.stem.removeprefix("checkpoints-")[:12]
                    print(f"{host.name} is stopped, and holds {task}", flush=True)
                    host.send(signal.SIGSTOP)
                    self._frozen = host, lock, str(owner.get("token"))
                    return


def on_dask(folder: Path, arguments: Sequence[str], models: int, kill: float, environment: dict[str, str]) -> str:
    """Sweep by Dask's workers on four hosts; return what happened."""
    line = f"cd {folder}; while :; do {WORKER}; sleep 1; done"
    hosts = [Host(number, line, folder / f"h{number}.log") for number in range(2, 6)]
    command = [*PYTHON, "posectl", *arguments, "--store", str(folder / "store")]
    command += ["--engine", "dask", "--scheduler", HEAD]

    with network(hosts):
        head = scheduler(folder, environment)
        trouble = Trouble(hosts, Store(folder / "store"), models, kill, "dask_worker")
        try:
            for host in hosts:
                host.begin(environment)
            with (folder / "sweep.log").open("wb") as log:
                sweep = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
            deadline = time.monotonic() + _LIMIT
            while sweep.poll() is None and time.monotonic() < deadline:
                time.sleep(0.5)
                if trouble.happen():
                    print("the scheduler is killed, and started again", flush=True)
                    head.kill()
                    head.wait()
                    time.sleep(2)
                    head = scheduler(folder, environment)
            assert sweep.poll() == 0, (folder / "sweep.log").read_text()[-2000:]
        finally:
            for host in hosts:
                host.end()
            head.kill()
            head.wait()
    return f"{trouble.kills} kills, a host stopped: {trouble.thawed}, the scheduler restarted: {trouble.half}"


def scheduler(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a scheduler of Dask at the head of the network."""
    with (folder / "scheduler.log").open("ab") as log:
        return subprocess.Popen(
            [*PYTHON, "distributed.cli.dask_scheduler", "--host", f"{NET}.1", "--port", str(PORT), "--no-dashboard"],
            stdout=log, stderr=log, env={**environment, **_DEAF},
        )  # fmt: skip


def search(folder: Path, poses: int, stored: tuple[str, str] | None, kill: float) -> None:
    """Score draws against so many poses, or a dataset of a store, on this host, and by the workers of two; compare.

    Raises AssertionError.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    random = np.random.default_rng(0)
    others = mannequin.read([], subjects=2, seconds=4.0, seed=2).samples
    some = others[random.integers(0, len(others), 1000)]
    np.save(folder / "draws.npy", (some + 0.02 * random.normal(size=some.shape)).astype(np.float32))
    store, reference = stored or (str(folder / "store"), f"generated:{poses}")
    command = [*PYTHON, "posectl", "evaluate", str(folder / "draws.npy"), "--against", reference, "--store", store,
               "--metric", "precision_distance", "--json", "-q"]  # fmt: skip
    scores, hosts = [], [Host(n, f"while :; do {WORKER}; sleep 1; done", folder / f"h{n}.log") for n in (2, 3)]
    for name, more in (("one host", []), ("two hosts", ["--engine", "dask", "--scheduler", HEAD])):
        started, trouble = time.monotonic(), Kills(hosts, kill)
        with ExitStack() as stack:
            if more:
                stack.enter_context(network(hosts))
                head = scheduler(folder, environment)
                stack.callback(head.kill)
                for host in hosts:
                    host.begin(environment)
                    stack.callback(host.end)
            run = subprocess.Popen([*command, *more], stdout=subprocess.PIPE, env=environment, text=True)
            while run.poll() is None:
                time.sleep(0.2)
                if more:
                    trouble.happen()
            assert run.returncode == 0
            assert run.stdout is not None
            answer = json.loads(run.stdout.read())
            scores.append(answer["scores"])
            Store(store).remove(answer["ref"])  # or the next would find it
        print(f"{name}: {time.monotonic() - started:.0f} s, {trouble.count} kills", flush=True)
    assert scores[0] == scores[1], scores
    print(f"{reference}: the same scores to the last bit", flush=True)


def soak(folder: Path, minutes: float, kill: float) -> None:
    """Sweep, score, remove and collect on four hosts, the workers of three of which are killed; in the end what the
    scheduler, the worker of the first, and the store take up has to be what it was in the first third of the time, by
    medians of turns.

    Raises AssertionError.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "TMPDIR": str(folder / "tmp")}
    (folder / "tmp").mkdir(exist_ok=True)
    hosts = [Host(n, f"cd {folder}; while :; do {WORKER}; sleep 1; done", folder / f"h{n}.log") for n in range(2, 6)]
    store, dask = Store(folder / "soaked"), ["--engine", "dask", "--scheduler", HEAD]
    rows: list[dict[str, float]] = []

    def posectl(*words: str) -> None:
        done = subprocess.Popen(
            [*PYTHON, "posectl", *words, "--store", str(store.path), "-q"], env=environment, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        while done.poll() is None:
            trouble.happen()
            time.sleep(0.2)
        assert done.returncode == 0, (words, done.stderr and done.stderr.read()[-2000:])

    with network(hosts), ExitStack() as stack:
        head = scheduler(folder, environment)
        stack.callback(head.kill)
        for host in hosts:
            host.begin(environment)
            stack.callback(host.end)
        trouble = Kills(hosts[1:], kill)
        posectl("prepare", "mannequin", "--subjects", "4", "--seconds", "0.5")
        started, turn = time.monotonic(), 0
        while time.monotonic() - started < 60 * minutes:
            turn += 1
            posectl(*sweep_line(16, 2, 2, 30), "--seed", str(turn), *dask)
            posectl("evaluate", "many", "--metric", "reconstruction_mpjpe", *dask)
            posectl("store", "rm", *(n for n in store.names() if n.startswith("many")), "--yes", "--force")
            posectl("store", "gc")
            worker = hosts[0].pids("dask_worker")[0]
            rows.append(
                {
                    "minutes": (time.monotonic() - started) / 60,
                    **_taken("scheduler", head.pid),
                    **_taken("worker", worker),
                    **_held("store", store.path),
                    **_held("tmp", folder / "tmp"),
                }
            )
            print(" ".join(f"{key} {value:.4g}" for key, value in rows[-1].items()), flush=True)
        assert store.verify() == []
    third = max(1, len(rows) // 3)
    for key in rows[0]:
        before, after = (median(row[key] for row in some) for some in (rows[:third], rows[-third:]))
        grown = after / max(before, 1)
        print(f"{key}: {before:.4g} to {after:.4g}, {grown:.2f} times", flush=True)
        assert key == "minutes" or grown < 1.25, key
    print(f"{turn} turns, {trouble.count} kills: flat; the store verifies", flush=True)


def _taken(name: str, pid: int) -> dict[str, float]:
    """Return the descriptors of a process and its memory, MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    files = len(os.listdir(f"/proc/{pid}/fd"))
    return {f"{name}.descriptors": files, f"{name}.memory": pages * os.sysconf("SC_PAGE_SIZE") / 2**20}


def _held(name: str, folder: Path) -> dict[str, float]:
    """Return the files of a folder and their MiB, but for the records of names that were removed, one each, which keep
    their numbers from being given again."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "removed.json"]
    return {f"{name}.files": len(files), f"{name}.size": sum(path.stat().st_size for path in files) / 2**20}


def by_shards(folder: Path, arguments: Sequence[str], models: int, kill: float, environment: dict[str, str]) -> str:
    """Sweep by `--shard` in a shell loop on four hosts, two of them given the same shard; return what happened."""
    command = " ".join([*PYTHON, "posectl", *arguments, "--store", str(folder / "store")])
    hosts = [
        Host(number, f"cd {folder}; until {command} --shard {shard}; do sleep 1; done", folder / f"h{number}.log")
        for number, shard in zip(range(2, 6), ("1/3", "2/3", "3/3", "3/3"), strict=True)
    ]
    with network(hosts):
        trouble = Trouble(hosts, Store(folder / "store"), models, kill, "posectl", hosts[2:])  # whose shard another has
        try:
            for host in hosts:
                host.begin(environment)
            deadline = time.monotonic() + _LIMIT
            while any(host.process and host.process.poll() is None for host in hosts):
                assert time.monotonic() < deadline
                time.sleep(0.5)
                trouble.happen()
        finally:
            for host in hosts:
                host.end()
    return f"{trouble.kills} kills, a host stopped: {trouble.thawed}"


def check(made: Store, alone: Store) -> int:
    """Raise AssertionError unless all models of the one store are in the other, once, and equal to the bit; return
    their number."""
    assert made.verify() == []
    names = [name for name in alone.names() if name.startswith("many-")]
    assert {name for name in made.names() if name.startswith("many")} == {"many", *names}
    for name in names:
        mine, theirs = made.get(name), alone.get(name)
        assert made.versions(name) == [1], f"{name} was published {made.versions(name)}"
        assert mine.key == theirs.key, name
        assert _content(mine.path) == _content(theirs.path), f"{name} differs"
    return len(names)


def _content(folder: Path) -> dict[str, bytes]:
    """Return what is in an artifact's files but for its manifest, which tells when and where it was made."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def run(how: str, folder: Path, models: int, sizes: int, seeds: int, steps: int, kill: float) -> None:
    """Sweep on one host and on four, in a folder, and compare. Raises AssertionError."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    arguments, started = sweep_line(models, sizes, seeds, steps), time.monotonic()
    alone, made = folder / "alone", folder / "store"
    if not alone.is_dir():
        for words in (["prepare", "mannequin", "--subjects", "4", "--seconds", "0.5"], [*arguments, "--threads", "1"]):
            subprocess.run(
                [*PYTHON, "posectl", *words, "--store", str(alone), "-q"], check=True, env=environment,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
        print(f"one host: {time.monotonic() - started:.0f} s", flush=True)
    shutil.copytree(alone, made, ignore=lambda _, names: [name for name in names if name.startswith("many")])
    started = time.monotonic()
    happened = {"dask": on_dask, "shard": by_shards}[how](folder, arguments, models, kill, environment)
    print(f"four hosts by {how}: {time.monotonic() - started:.0f} s; {happened}", flush=True)
    print(f"{check(Store(made), Store(alone))} models there once, equal to the bit; the store verifies", flush=True)


def main() -> None:
    """Parse the command line, and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("how", choices=("dask", "shard", "search", "soak"))
    parser.add_argument("--poses", type=int, default=1_000_000)
    parser.add_argument("--stored", nargs=2, metavar=("STORE", "REF"))
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--models", type=int, default=160)
    parser.add_argument("--sizes", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--kill", type=float, default=20.0, help="seconds between kills")
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    if why := refused():
        print(f"Nothing was run: {why}.")
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    folder = given.folder.absolute()
    if given.how == "search":
        search(folder, given.poses, given.stored, given.kill)
    elif given.how == "soak":
        soak(folder, given.minutes, given.kill)
    else:
        run(given.how, folder, given.models, given.sizes, given.seeds, given.steps, given.kill)


if __name__ == "__main__":
    main()

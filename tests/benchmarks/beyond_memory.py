"""The nearest of ever more poses, which are never whole in memory: time, peak memory, and how they grow.

    python tests/benchmarks/beyond_memory.py [--sizes 2000000 20000000] [--queries 1000] [--processes 1 2]
    python tests/benchmarks/beyond_memory.py --stored STORE REF
    python tests/benchmarks/beyond_memory.py --sizes 2000000 --peers-python PYTHON

The reference is the mannequin's poses (`--against generated:N`), made block by block, or a dataset of a store; queries
are draws of noise about poses of another seed. Each search runs in a process of its own, on one thread a process, and
prints the CPU seconds of all its processes, those of making or reading the poses apart (measured by a pass without a
search), the largest peak of memory among them, and a digest of distances and indices, which has to be one for all
numbers of processes. The slope is that of log(seconds of search) over log(poses). The peers take the same poses, in
parts, from files in a folder that goes afterwards: FAISS flat by IndexFlatL2, a cheaper metric, merged over parts, and
usearch's exact search with the mean per-joint distance compiled by numba; PYTHON has faiss-cpu, usearch and numba.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

SEED, QUERY_SEED = 1, 2
PEERS = Path(__file__).with_name("beyond_memory_peers.py")


def queries(count: int) -> Any:
    import numpy as np

    from posectl.data.readers import mannequin

    random = np.random.default_rng(0)
    poses = mannequin.read([], subjects=8, seconds=4.0, seed=QUERY_SEED).samples
    some = poses[random.integers(0, len(poses), count)]
    return (some + 0.02 * random.standard_normal(some.shape)).astype(np.float32)


def reference(options: argparse.Namespace, size: int) -> Any:
    if options.stored:
        from posectl.stages.artifacts.beyond import stored
        from posectl.store import Store

        store, ref = options.stored
        return stored(Store(Path(store)).get(ref))
    from posectl.stages.evaluation.generated import generated

    return generated(f"generated:{size}:{SEED}")[0]


def work(options: argparse.Namespace) -> dict[str, Any]:
    """One pass of one size and number of processes: with a search, or of the poses alone (no processes)."""
    import torch

    from posectl.core.metrics.nearest import nearest
    from posectl.core.nearest.parallel import Processes

    torch.set_num_threads(max(1, options.work[1]))
    shards, started = reference(options, options.work[0]), time.perf_counter()
    digest = ""
    if options.work[1]:
        shards.workers = Processes(options.work[1]) if options.work[1] > 1 else None
        distances, indices = nearest(torch.from_numpy(queries(options.queries)), shards, options.k)
        digest = hashlib.sha256(distances.numpy().tobytes() + indices.numpy().tobytes()).hexdigest()[:16]
    else:
        for _ in shards:
            pass
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "poses": len(shards),
        "wall": time.perf_counter() - started,
        "cpu": sum(u.ru_utime + u.ru_stime for u in used),
        "peak": max(u.ru_maxrss for u in used) / 1024,
        "digest": digest,
    }


def apart(size: int, processes: int) -> dict[str, Any]:
    command = [sys.executable, __file__, *sys.argv[1:], "--work", str(size), str(processes)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def peers(options: argparse.Namespace, size: int) -> None:
    """Write the poses in parts, and let each peer search them."""
    import numpy as np

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        np.save(Path(folder) / "queries.npy", queries(options.queries))
        for number, block in enumerate(reference(options, size)):
            np.save(Path(folder) / f"part-{number:05d}.npy", block)
        for peer in ("faiss", "usearch"):
            command = [options.peers_python, str(PEERS), peer, folder]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            print(f"{size:>12,} poses, {peer}: {done.stdout.strip() or done.stderr.strip()[-300:]}", flush=True)


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--sizes", type=int, nargs="+", default=[2_000_000, 20_000_000])
    made.add_argument("--queries", type=int, default=1000)
    made.add_argument("--k", type=int, default=1)
    made.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    made.add_argument("--stored", nargs=2, metavar=("STORE", "REF"))
    made.add_argument("--peers-python")
    made.add_argument("--folder", help="where the peers' files lie for a while")
    made.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    options = made.parse_args()
    if options.work:
        print(json.dumps(work(options)))
        return
    print(f"{options.queries} queries, k = {options.k}, load {os.getloadavg()[0]:.1f}")
    found: list[tuple[int, float]] = []
    for size in [0] if options.stored else options.sizes:
        bare = apart(size, 0)
        print(f"{bare['poses']:>12,} poses, no search: {bare['cpu']:.1f} s of CPU", flush=True)
        digests = set()
        for processes in options.processes:
            row = apart(size, processes)
            digests.add(row["digest"])
            search = row["cpu"] - bare["cpu"]
            if processes == options.processes[0]:
                found.append((row["poses"], search))
            print(
                f"{row['poses']:>12,} poses, {processes} processes: {row['cpu']:.1f} s of CPU, of the search "
                f"{search:.1f}; wall {row['wall']:.1f} s, peak {row['peak']:.0f} MiB a process, {row['digest']}",
                flush=True,
            )
        assert len(digests) == 1, "the bits differ"
        if options.peers_python:
            peers(options, size)
    for (a, x), (b, y) in pairwise(found):
        print(f"slope from {a:,} to {b:,}: {math.log(y / x) / math.log(b / a):.2f}")


if __name__ == "__main__":
    main()

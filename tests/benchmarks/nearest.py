"""Nearest poses: posectl against blocked PyTorch, and against FAISS's flat L2 index, whose metric is cheaper.

    python tests/benchmarks/nearest.py [DATA_FOLDER] [--peers-python PYTHON] [--rounds 5] [--threads 2]
    python tests/benchmarks/nearest.py --scale [--plot nearest.svg]
    python tests/benchmarks/nearest.py --drawn [--peers-python PYTHON] [--threads 1]

10,000 CMU poses are searched for among the 161,435 of bandai17_train, under the mean per-joint distance, the time to
build the index included. The peers take turns with posectl, each run in a process of its own that has warmed up.
PyTorch is timed on 128 queries and scaled up. Some answers are then compared with brute force in float64. `--scale`
searches 10,000 to 2,000,000 poses, those of bandai17_train with 3 mm of noise, and prints the peak memory of the whole
process, interpreter and libraries included, less that of the poses. `--drawn` searches 10,000 draws of a decoder of 16
numbers among 180,000 others, where boxes rule out little, for 1 neighbour and for 10, against FAISS, in CPU seconds of
all threads. The peers need a Python with torch and faiss-cpu.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from timing import Others, Row, add_data, in_turn, parser, ratio, report, spread

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000)
PART = 128  # of the queries, that blocked PyTorch is timed on and brute force compared with

Search = Callable[[Any, Any], Any]


def poses(folder: Path, name: str) -> Any:
    import numpy as np

    with np.load(folder / "poses" / f"{name}.npz") as archive:
        return archive["positions"]


def many(reference: Any, count: int) -> Any:
    """`count` poses of the reference, each with its own noise, made without a copy of them all."""
    import numpy as np

    random = np.random.default_rng(0)
    result = np.empty((count, *reference.shape[1:]), np.float32)
    for part in np.array_split(result, -(-count // 50_000)):
        part[:] = reference[random.integers(0, len(reference), len(part))]
        part += 0.003 * random.standard_normal(part.shape, np.float32)
    return result


def drawn(count: int, seed: int) -> Any:
    """`count` outputs (count, 17, 3) of one random network of two layers, at codes drawn evenly from a sphere."""
    import numpy as np

    net, random = np.random.default_rng(0), np.random.default_rng(seed)
    first, second = net.uniform(-1 / 4, 1 / 4, (16, 256)), net.uniform(-1 / 16, 1 / 16, (256, 51))
    codes = random.standard_normal((count, 16))
    codes *= 4 / np.linalg.norm(codes, axis=1, keepdims=True)
    return (np.tanh(codes @ first) @ second).astype(np.float32).reshape(count, 17, 3)


def posectl(threads: int, k: int) -> Search:
    import torch

    from posectl.core.metrics.nearest import nearest

    torch.set_num_threads(threads)
    return lambda queries, reference: nearest(queries, reference, k)[1]


def faiss_flat(threads: int, k: int) -> Search:
    import faiss

    faiss.omp_set_num_threads(threads)

    def search(queries: Any, reference: Any) -> Any:
        index = faiss.IndexFlatL2(reference[0].size)
        index.add(reference.reshape(len(reference), -1))
        return index.search(queries.reshape(len(queries), -1), k)[1]

    return search


def blocked_torch(threads: int, k: int) -> Search:
    import torch

    torch.set_num_threads(threads)

    def search(queries: Any, reference: Any) -> Any:
        nearest = []
        for block in torch.from_numpy(queries[:: len(queries) // PART][:PART]).split(16):
            low = torch.full((len(block),), torch.inf)
            for part in torch.from_numpy(reference).split(20_000):
                low = torch.minimum(low, (block[:, None] - part).norm(dim=-1).mean(-1).amin(1))
            nearest.append(low)
        return torch.cat(nearest)

    return search


RUNS = {"posectl": posectl, "faiss": faiss_flat, "torch": blocked_torch}
LABELS = {"posectl": "posectl, mean per-joint", "faiss": "FAISS flat, L2", "torch": "PyTorch, mean per-joint"}


def brute_force(queries: Any, reference: Any) -> Any:
    """Indices, in float64."""
    import numpy as np

    wide = reference.astype(np.float64)
    return np.array([np.linalg.norm(query - wide, axis=2).mean(1).argmin() for query in queries.astype(np.float64)])


def work(options: argparse.Namespace) -> None:
    """One run in this process: prints seconds, peak memory in bytes and whether brute force agrees."""
    search = RUNS[options.run](options.threads, options.k)
    if options.drawn:
        queries, reference = drawn(10_000, 1), drawn(180_000, 2)
    else:
        queries, reference = poses(options.data, "cmu17_train")[:10_000], poses(options.data, "bandai17_train")
    if not options.cold:
        search(queries[:2000], reference[:2000])  # more than the small problems that posectl does without its compiler
    if options.size:
        reference = many(reference, options.size)
    clock = time.process_time if options.drawn else time.perf_counter
    start = clock()
    found = search(queries, reference)
    seconds = clock() - start
    memory = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - reference.nbytes
    exact = None
    if options.check:
        some = slice(None, None, len(queries) // PART)
        exact = bool((found[some, 0].numpy() == brute_force(queries[some], reference)).all())
    print(json.dumps({"seconds": seconds * (len(queries) / PART if options.run == "torch" else 1),
                      "memory": memory, "exact": exact}))  # fmt: skip


def run(options: argparse.Namespace, name: str, *flags: str, **environment: str) -> dict[str, Any] | None:
    """`work` in a process of its own; None where the peer is not installed."""
    python = sys.executable if name == "posectl" else options.peers_python
    command = [python, __file__, str(options.data), "--run", name, "--threads", str(options.threads), *flags]
    limits = {"OMP_NUM_THREADS": str(options.threads), **environment}
    done = subprocess.run(command, env={**os.environ, **limits}, capture_output=True, text=True)
    if "ModuleNotFoundError" in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def compare(options: argparse.Namespace) -> list[Row]:
    others = Others()

    def timed(name: str) -> float | None:
        result = run(options, name)
        return result and result["seconds"]

    times = in_turn({name: partial(timed, name) for name in RUNS}, options.rounds)
    for name, found in times.items():
        print(f"{LABELS[name]:26}{spread(found) + ' s' if found else 'not installed: give --peers-python'}")
    checked = run(options, "posectl", "--check")
    assert checked
    print(f"indices equal to brute force in float64, for {PART} queries: {checked['exact']}")
    with tempfile.TemporaryDirectory() as folder:
        cold = run(options, "posectl", "--cold", NUMBA_CACHE_DIR=folder)
    assert cold
    print(f"first call after installation, its compiler included: {cold['seconds']:.1f} s")
    ours = times.pop("posectl")
    peers = [f"{LABELS[name]} {median(theirs):.1f} s: {ratio(ours, theirs):.1f} times"
             for name, theirs in times.items() if theirs]  # fmt: skip
    return [
        Row("1", "nearest of 161,435 poses (bandai17_train) to 10,000 of CMU's, mean per-joint, index included",
            "80 times blocked PyTorch, 1.5 times FAISS's flat L2", f"{median(ours):.2f} s", "; ".join(peers), others())
    ]  # fmt: skip


def unpruned(options: argparse.Namespace) -> list[Row]:
    rows = []
    for k in (1, 10):
        others = Others()

        def timed(name: str, k: int = k) -> float | None:
            result = run(options, name, "--drawn", "--k", str(k))
            return result and result["seconds"]

        times = in_turn({name: partial(timed, name) for name in ("posectl", "faiss")}, options.rounds)
        ours, theirs = times["posectl"], times["faiss"]
        peer = f"{LABELS['faiss']} {median(theirs):.1f} s: {ratio(ours, theirs):.2f} times" if theirs else ""
        print(f"k = {k}: posectl {spread(ours)} s; {peer or 'FAISS is not installed: give --peers-python'}")
        figure = f"{k} nearest of 180,000 drawn poses to 10,000 others, mean per-joint, index included, CPU"
        rows.append(Row("1", figure, "FAISS's flat L2", f"{median(ours):.2f} s", peer, others()))
    return rows


def scale(options: argparse.Namespace) -> list[Row]:
    others = Others()
    table = []
    print(f"{'poses':>10} {'posectl s':>10} {'FAISS s':>10} {'posectl: memory beside the poses, MiB':>40}")
    for size in SIZES:
        results = {name: [run(options, name, "--size", str(size)) for _ in range(options.rounds)]
                   for name in ("posectl", "faiss")}  # fmt: skip
        times = {name: median(r["seconds"] for r in found if r) if all(found) else float("nan")
                 for name, found in results.items()}  # fmt: skip
        memory = max(r["memory"] for r in results["posectl"] if r) / 2**20
        table.append((size, times["posectl"], times["faiss"]))
        print(f"{size:10,} {times['posectl']:10.2f} {times['faiss']:10.2f} {memory:40.0f}")
    if options.plot:
        draw(table, options.plot)
    (few, fast, _), (many, slow, theirs) = table[0], table[-1]
    return [
        Row("1", f"the same of {few:,} to {many:,} poses", "a plot: nearest.svg", f"{fast:.2f} s to {slow:.2f} s",
            f"{LABELS['faiss']} {theirs:.1f} s of {many:,}: {theirs / slow:.1f} times", others()),
        Row("2", f"peak memory of that search of {many:,}, poses apart", "512 MiB", f"{memory:.0f} MiB", "", others()),
    ]  # fmt: skip


def draw(table: list[tuple[int, float, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "nearest"  # the same bytes for the same figures
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 3.5), layout="constrained")
    sizes, ours, theirs = zip(*table, strict=True)
    axes.loglog(sizes, ours, "o-", label="posectl, mean per-joint distance")
    axes.loglog(sizes, theirs, "s--", label="FAISS flat, L2")
    axes.set(xlabel="poses in the reference", ylabel="seconds for 10,000 queries")
    axes.grid(which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    options = parser(__doc__)
    add_data(options)
    options.add_argument("--peers-python", default=sys.executable)
    options.add_argument("--scale", action="store_true")
    options.add_argument("--plot", type=Path)
    options.add_argument("--drawn", action="store_true")
    options.add_argument("--k", type=int, default=1, help=argparse.SUPPRESS)
    options.add_argument("--run", choices=list(RUNS), help=argparse.SUPPRESS)
    options.add_argument("--size", type=int, default=0, help=argparse.SUPPRESS)
    options.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--cold", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.run:
        work(chosen)
    else:
        report(chosen, (scale if chosen.scale else unpruned if chosen.drawn else compare)(chosen))


if __name__ == "__main__":
    main()

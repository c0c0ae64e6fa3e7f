"""A peer's exact search among poses in parts, each a file part-N.npy (n, 17, 3): `PEER FOLDER`, FAISS or usearch.

Prints CPU seconds, those of reading included, and the peak of memory.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def faiss_flat(queries: Any, parts: list[Path]) -> Any:
    import faiss

    faiss.omp_set_num_threads(1)
    best = np.full(len(queries), np.inf, np.float32)
    for part in parts:
        index = faiss.IndexFlatL2(51)
        index.add(np.load(part).reshape(-1, 51))
        best = np.minimum(best, index.search(queries, 1)[0][:, 0])
    return best


def usearch_exact(queries: Any, parts: list[Path]) -> Any:
    from numba import carray, cfunc, types
    from usearch.index import CompiledMetric, MetricKind, MetricSignature, search

    @cfunc(types.float32(types.CPointer(types.float32), types.CPointer(types.float32)), fastmath=True)
    def mpjpe(a: Any, b: Any) -> Any:
        x, y, total = carray(a, 51), carray(b, 51), np.float32(0)
        for j in range(17):
            d0, d1, d2 = x[3 * j] - y[3 * j], x[3 * j + 1] - y[3 * j + 1], x[3 * j + 2] - y[3 * j + 2]
            total += np.sqrt(d0 * d0 + d1 * d1 + d2 * d2)
        return total / np.float32(17)

    metric = CompiledMetric(pointer=mpjpe.address, kind=MetricKind.L2sq, signature=MetricSignature.ArrayArray)
    best = np.full(len(queries), np.inf, np.float32)
    for part in parts:
        found = search(np.load(part).reshape(-1, 51), queries, 1, metric, exact=True, threads=1)
        best = np.minimum(best, found.distances.ravel())
    return best


def main() -> None:
    peer, folder = sys.argv[1], Path(sys.argv[2])
    queries = np.load(folder / "queries.npy").reshape(-1, 51)
    started = time.process_time()
    best = {"faiss": faiss_flat, "usearch": usearch_exact}[peer](queries, sorted(folder.glob("part-*.npy")))
    seconds, peak = time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.1f} s of CPU, peak {peak:.0f} MiB, mean distance {best.mean():.6f}")


if __name__ == "__main__":
    main()

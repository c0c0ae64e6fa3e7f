"""Reading motion capture: posectl against numpy's bare read of the same numbers.

    python tests/benchmarks/readers_mocap.py RAW_FOLDER [--repeats 7] [--copies 40]

posectl takes its time for the whole of `read`: hierarchy, checks, kinematics, joint map, up axis and unit, metres,
pelvis-centred. The bare read stops at the table of numbers: np.loadtxt of the motion block, that of AMC stripped of its
names beforehand. Then a folder of `--copies` takes, in one process and in two.
"""

from __future__ import annotations

import argparse
import io
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from posectl.data.readers.mocap import read

FILES = (
    "cmu/01_01.bvh",
    "cmu/131_01.bvh",
    "bandai/dataset-2_wave-left-hand_active_001.bvh",
    "cmu/01_01.amc",
    "cmu_expmap/soccer_1__is_11_01.txt",
)


def numbers(path: Path) -> str:
    """The motion block as a bare table."""
    text = path.read_text()
    if path.suffix == ".bvh":
        return re.split(r"Frame Time:.*\n", text)[1]
    if path.suffix == ".amc":
        frames = re.split(r"(?m)^:DEGREES\s*$", text)[1].strip()
        return re.sub(r"\s*\n\s*[A-Za-z]\S*", " ", frames)
    return text.replace(",", " ")


def best(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def report(path: Path, repeats: int) -> None:
    table = numbers(path)
    bare = best(lambda: np.loadtxt(io.StringIO(table)), repeats)
    native, at_30 = (best(lambda fps=fps: read([path], fps=fps), repeats) for fps in (None, 30))
    frames = len(read([path]).samples)
    figures = f"{path.stat().st_size / 1e6:7.2f} {frames:7d} {bare * 1e3:8.1f} {native * 1e3:9.1f} {native / bare:6.2f}"
    print(f"{path.name:45}{figures} {at_30 * 1e3:9.1f} {at_30 / bare:6.2f}")


def report_many(path: Path, copies: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(copies):
            shutil.copy(path, Path(folder, f"{number:02d}_01.bvh"))
        times = {jobs: best(lambda jobs=jobs: read([folder], jobs=jobs), 2) for jobs in (1, 2)}
        size = copies * path.stat().st_size / 1e6
        print(
            f"{copies} copies of {path.name}, {size:.0f} MB: "
            + ", ".join(f"{j} jobs {t:.2f} s" for j, t in times.items())
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path, help="the folder with cmu, cmu_expmap and bandai")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--copies", type=int, default=40)
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}")
    print(f"{'':45}{'MB':>7} {'frames':>7} {'bare ms':>8} {'native ms':>9} {'ratio':>6} {'30 fps ms':>9} {'ratio':>6}")
    for name in FILES:
        report(options.raw / name, options.repeats)
    report_many(options.raw / FILES[0], options.copies)


if __name__ == "__main__":
    main()

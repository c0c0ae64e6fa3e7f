"""What the benchmarks share: peers that take turns, medians, the machine, and rows for the table in README.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure, what is asked of it, posectl's and the peers', with the ratio to each.

    others: the cores that other processes kept busy meanwhile, on average.
    """

    item: str
    figure: str
    asked: str
    posectl: str
    peers: str
    others: float


def parser(description: str | None) -> argparse.ArgumentParser:
    """With the options that all have."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--threads", type=int, default=2)
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--rows", type=Path, help="file to write the rows of README.md's table to, as JSON")
    return made


def add_data(made: argparse.ArgumentParser) -> None:
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    made.add_argument("data", type=Path, nargs="?", default=Path(os.environ.get("POSECTL_TEST_DATA", beside)),
                      help="the folder that holds poses/*.npz")  # fmt: skip


def in_turn(jobs: Mapping[str, Callable[[], float | None]], rounds: int) -> dict[str, list[float]]:
    """The figures of each job, one a round, the jobs taking turns; none of one that returns None: it is not there."""
    figures: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            figure = job()
            if figure is not None:
                figures[name].append(figure)
    return figures


def seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median over rounds of theirs over ours."""
    return median(b / a for a, b in zip(ours, theirs, strict=True))


def spread(figures: Sequence[float], form: str = ".2f") -> str:
    """Median and extremes."""
    low, middle, high = (format(f, form) for f in (min(figures), median(figures), max(figures)))
    return f"{middle} ({low} to {high})"


def machine() -> str:
    """Processor, cores and memory, and the versions that matter."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{names[0] if names else platform.machine()}, {len(os.sched_getaffinity(0))} cores, {pages:.0f} GiB; "
        f"Python {platform.python_version()}, PyTorch {_version('torch')}, NumPy {_version('numpy')}"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


class Others:
    """How many cores other processes keep busy, from when it is made on: a figure measured beside them tells little."""

    def __init__(self) -> None:
        self._since, self._busy, self._own = time.monotonic(), _busy(), _own()

    def __call__(self) -> float:
        passed = time.monotonic() - self._since
        return max(0.0, (_busy() - self._busy - _own() + self._own) / passed)


def _busy() -> float:
    """Seconds that all cores together have worked: user, nice, system, interrupts."""
    for line in _lines("/proc/stat")[:1]:
        user, nice, system, _, _, irq, softirq = map(int, line.split()[1:8])
        return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    return float("nan")


def _own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def report(options: argparse.Namespace, rows: Sequence[Row]) -> None:
    """Print the rows, and leave them where `--rows` says."""
    print(f"\n{machine()}. Threads: {options.threads}, load {os.getloadavg()[0]:.1f}")
    for row in rows:
        print(f"{row.item}. {row.figure}: {row.posectl}")
        print(f"   asked: {row.asked}; peers: {row.peers or 'none'}; others kept {row.others:.2f} cores busy")
    if options.rows:
        options.rows.write_text(json.dumps([asdict(row) for row in rows]))

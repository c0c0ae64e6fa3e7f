"""Mutate files of every format that posectl reads: only PosectlError may come out, within memory, time and place.

    python tests/fuzz.py                          all formats, 100,000 mutations or an hour
    python tests/fuzz.py --count 2000 --minutes 5 --only bvh,png --seed 7

Each worker has POSECTL_MAX_MEMORY of 64 MiB, and room for that and three times as much for what does the reading;
each mutation has 2 s of processor time, and may write nowhere but below a folder of its own. A mutation that breaks any
of this is kept in the working folder as fuzz-FORMAT-NUMBER. tests/test_fuzz.py runs a few.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import fuzz_parsers
import fuzz_store

BUDGET, SECONDS = 64 << 20, 2
_TOKENS = [
    *(b"nan", b"inf", b"1e999", b"-1", b"0", b"99999999999999999999", b"1_0", b"\n", b" ", b"\0", b"\xff" * 8),
    *(b"{", b"}", b"[" * 50, b"]", b",", b":", b"#", b"'", b"&a", b"*a", b"!!int ", b"2020-99-99", b"1:" * 40),
    *(struct.pack(order + "I", n) for n in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 20) for order in "<>"),
    *(struct.pack(order + "Q", n) for n in (1 << 40, (1 << 63) - 1) for order in "<>"),
    *(
        b"JOINT a",
        b"MOTION",
        b"CHANNELS 6",
        b"PK\x05\x06",
        b"\x80\x04",
        b"cos\nsystem\n",
        b"h\x00",
        b"\x85R",
        b"}(",
        b"u.",
    ),
]
_WRITING = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"}
_ACTING = {"os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect", "pty.spawn"}


class OverTimeError(BaseException):
    """A mutation that took longer than it may; no reader may catch it."""


def formats() -> dict[str, tuple[list[bytes], Callable[[bytes, Path], Any]]]:
    """Return the seeds of each format, those beyond 40 kB left out, and what reads bytes in a folder."""
    found: dict[str, tuple[list[bytes], Callable[[bytes, Path], Any]]] = {}
    for name, target in fuzz_parsers.TARGETS.items():
        seeds = [seed for seed in target.seeds(fuzz_parsers.data_folder()) if len(seed) <= 40_000]
        if seeds:
            found[name] = seeds, lambda data, folder, target=target: fuzz_parsers.attempt(target, data, folder)
    given = fuzz_store._given()
    given.export("small", given.path.parent / "seed.zip")
    manifest = given.path / "small" / "v1" / "manifest.json"
    for name, seed in {"manifest": manifest, "archive": given.path.parent / "seed.zip", "json": manifest}.items():
        found[f"store-{name}"] = [seed.read_bytes()], lambda data, _, read=fuzz_store.TARGETS[name]: read(data)
    return found


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """Change a few bytes of a file, and mend what sums it has, so that more than those is tried."""
    data = bytearray(seed)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(data) + 1)
        length = draw.choice((1, 2, 4, 8, 64, 300))
        token = draw.choice((draw.choice(_TOKENS), draw.randbytes(draw.randint(1, 4))))
        match draw.randrange(6):
            case 0:
                data[at:at] = token
            case 1:
                data[at : at + len(token)] = token
            case 2:
                del data[at : at + length]
            case 3:
                del data[at:]
            case 4:
                data[at:at] = data[at : at + length] * draw.choice((1, 3, 40))
            case _ if at < len(data):
                data[at] ^= 1 << draw.randrange(8)
    return _mended_png(bytes(data)) if seed.startswith(b"\x89PNG") and draw.random() < 0.8 else bytes(data)


def _mended_png(data: bytes) -> bytes:
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : end]
        parts.append(data[at : at + 4] + body + struct.pack(">I", zlib.crc32(body)))
        at = end + 4
    return b"".join(parts) + data[at:]


@contextmanager
def _watched(place: Path, broken: list[str]) -> Iterator[None]:
    """Note what is written outside of a folder, or started."""
    watching = [True]

    def hook(event: str, arguments: tuple) -> None:
        if not watching[0]:
            return
        writes = event == "open" and arguments[2] is not None and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if event in _ACTING or ((writes or event in _WRITING) and not _is_below(arguments[0], place)):
            broken.append(f"{event} {arguments[0]!r}")

    sys.addaudithook(hook)
    yield
    watching[0] = False


def _is_below(path: Any, place: Path) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return True  # a descriptor, which was opened before
    text = os.fsdecode(path)
    return not os.path.isabs(text) or os.path.abspath(text).startswith((str(place), "/dev/", "/proc/self"))


def _over_time(*_: Any) -> None:
    raise OverTimeError


def work(number: int, names: list[str], seed: int, count: int, until: float, results: Any) -> None:
    """Run `count` mutations, or as many as there is time for; put (format, what came out, its bytes) for each fault."""
    place = Path(tempfile.mkdtemp(prefix="fuzz-")).resolve()
    os.environ["POSECTL_MAX_MEMORY"], os.environ["TMPDIR"], tempfile.tempdir = str(BUDGET), str(place), str(place)
    os.chdir(place)
    logging.disable()
    known = {name: each for name, each in formats().items() if not names or name in names}
    for name, (seeds, read) in known.items():
        for each in seeds:  # what is imported now needs no room later
            read(each, place / name)
    with open("/proc/self/statm") as statm:
        space = int(statm.read().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (space + 4 * BUDGET, resource.RLIM_INFINITY))
    signal.signal(signal.SIGVTALRM, _over_time)
    draw, done, broken = random.Random(seed * 1000 + number), Counter(), []
    with _watched(place, broken):
        while sum(done.values()) < count and time.monotonic() < until:
            name = draw.choice(list(known))
            seeds, read = known[name]
            data = mutated(draw.choice(seeds), draw)
            done[name] += 1
            try:
                signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
                read(data, place / name)
            except BaseException as error:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                results.put((name, f"{type(error).__name__}: {str(error)[:200]}", data))
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            if broken:
                results.put((name, f"acts outside: {broken.pop()}", data))
    results.put(("", done, b""))


def run(names: list[str], seed: int, count: int, minutes: float, workers: int) -> tuple[Counter, list[tuple]]:
    """Return the number of mutations by format, and (format, what came out, bytes) of each that broke a rule."""
    context, until = multiprocessing.get_context("spawn"), time.monotonic() + 60 * minutes
    results, done, faults = context.Queue(), Counter(), []
    running = [
        context.Process(target=work, args=(number, names, seed, -(-count // workers), until, results), daemon=True)
        for number in range(workers)
    ]
    for process in running:
        process.start()
    finished = 0
    while finished < workers:
        try:
            name, what, data = results.get(timeout=5)
        except Exception:
            if not any(process.is_alive() for process in running) and results.empty():
                codes = [process.exitcode for process in running]
                return done, [*faults, ("", f"a worker ended with {codes}", b"")]
            continue
        if name:
            faults.append((name, what, data))
            continue
        done += what
        finished += 1
    return done, faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    only = [name for name in given.only.split(",") if name]
    done, faults = run(only, given.seed, given.count, given.minutes, given.workers)
    print(f"{sum(done.values()):,} mutations of {len(done)} formats: {dict(sorted(done.items()))}")
    for number, (name, what, data) in enumerate(faults):
        Path(f"fuzz-{name}-{number}").write_bytes(data)
        print(f"fuzz-{name}-{number}: {what}")
    print(f"{len(faults)} broke a rule.")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()

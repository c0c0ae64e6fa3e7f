"""Object storage for the tests: moto's server on loopback, a proxy before it that cuts connections or drops headers,
and what must be true of a store there after races, cuts and kills.

    python tests/buckets.py race --count 800    eight processes, each with a local copy of its own, publish one name
    python tests/buckets.py cut --count 200     connections cut at random points of publish, alias, remove, push, read
    python tests/buckets.py kill --count 50     `store push` of a sweep, killed at random moments and begun again

The tests run the same functions with small counts.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from killing import SPAWN, publish

from posectl.errors import UnavailableError
from posectl.store import Artifact, Store, bucket

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "posectl", "AWS_SECRET_ACCESS_KEY": "hush-hush", "AWS_REGION": "us-east-1"}
_CONDITION = re.compile(rb"if-(none-)?match: [^\r]*\r\n", re.IGNORECASE)


@contextmanager
def serving() -> Iterator[str]:
    """Run moto's server, one request at a time, with a bucket called `bucket`; yield its address."""
    process = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def _serve() -> None:
    import logging

    import boto3
    from moto.server import create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, create_backend_app("s3"), threaded=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{server.server_port}", region_name="us-east-1",
        aws_access_key_id="x", aws_secret_access_key="x",
    ).create_bucket(Bucket="bucket")  # fmt: skip
    print(server.server_port, flush=True)
    threading.Event().wait()


class Proxy:
    """A proxy before a server: `cut` returns after how many bytes the next connection ends, None for not at all;
    `rewrite` changes what the client sends."""

    def __init__(self, address: str) -> None:
        self._target = ("127.0.0.1", int(address.rpartition(":")[2]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut: Callable[[], int | None] = lambda: None
        self.rewrite: Callable[[bytes], bytes] = lambda data: data
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(self._target)
                left = [self.cut()]
                for source, sink, change in ((client, server, self.rewrite), (server, client, None)):
                    threading.Thread(target=self._pump, args=(source, sink, change, left), daemon=True).start()

    def _pump(
        self,
        source: socket.socket,
        sink: socket.socket,
        change: Callable[[bytes], bytes] | None,
        left: list[int | None],
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                data = change(data) if change else data
                if left[0] is not None:
                    if len(data) >= left[0]:
                        sink.sendall(data[: left[0]])
                        break
                    left[0] -= len(data)
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def without_conditions(data: bytes) -> bytes:
    """Drop the headers by which a write is conditional, as some proxies do."""
    return _CONDITION.sub(b"", data)


def new_url() -> str:
    """Return the URL of a store that is not there yet."""
    return f"s3://bucket/{uuid.uuid4().hex}"


def at(address: str, copies: Path) -> None:
    """Let this process reach object storage at an address, with its local copies in a folder."""
    os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=address, POSECTL_CACHE=str(copies))


def race(address: str, processes: int, count: int, folder: Path) -> None:
    """`processes`, each as on a host of its own, publish one name `count` times in all: so many versions, none lost.

    Raises AssertionError.
    """
    at(address, folder / "copies")
    url, each = new_url(), count // processes
    workers = [SPAWN.Process(target=_race, args=(address, url, number, each, folder)) for number in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * processes
    store = Store(url)
    assert store.versions("race") == list(range(1, each * processes + 1))
    written = {tuple(artifact.read("x").tolist()) for artifact in store.artifacts()}
    assert written == {(number, turn) for number in range(processes) for turn in range(each)}
    assert store.verify() == []


def _race(address: str, url: str, number: int, count: int, folder: Path) -> None:
    at(address, folder / f"host-{number}")
    for turn in range(count):
        with Store(url).draft("samples", "race") as draft:
            draft.put("x", np.array([number, turn]))
            draft.publish()


class _Cuts:
    """Cuts one connection out of the next few, or it and all after it, at a random byte."""

    def __init__(self, rng: random.Random) -> None:
        self._skip, self._for_good = rng.randrange(20), rng.random() < 0.3
        self._after = int(10 ** rng.uniform(0, 3.8))
        self.happened = False

    def __call__(self) -> int | None:
        self._skip -= 1
        if self._skip >= 0 or (self.happened and not self._for_good):
            return None
        self.happened = True
        return self._after if self._skip == -1 else 0


def cut(address: str, count: int, folder: Path, seed: int = 0) -> dict[str, int]:
    """Do each of several things to a store, a connection cut at a random point, `count` times; return how they ended.

    Raises AssertionError where something is half-visible or was lost.
    """
    rng, proxy, ends = random.Random(seed), Proxy(address), {"done": 0, "failed": 0, "uncut": 0}
    patience, bucket._WAIT = bucket._WAIT, 0.001
    try:
        done = 0
        while done < count:
            at(address, folder / "sound")
            url, expected = new_url(), dict[str, str]()
            local = Store(folder / f"local-{done}")
            for value in range(2):
                artifact = publish(Store(url), "given", value, size=20)
                expected[artifact.ref] = artifact.digest
            for _ in range(10):
                cuts = _Cuts(rng)
                proxy.cut = cuts
                at(proxy.address, folder / uuid.uuid4().hex)
                try:
                    rng.choice(_ACTS)(url, local, expected)
                    ends["done" if cuts.happened else "uncut"] += 1
                except UnavailableError:
                    if not cuts.happened:
                        raise
                    ends["failed"] += 1
                done += cuts.happened
                at(address, folder / "sound")
                _check(Store(url), expected)
    finally:
        bucket._WAIT = patience
        proxy.close()
    return ends


def _publishing(url: str, local: Store, expected: dict[str, str]) -> None:
    artifact = publish(Store(url), "cut", random.randrange(10**6), size=20)
    expected[artifact.ref] = artifact.digest


def _aliasing(url: str, local: Store, expected: dict[str, str]) -> None:
    Store(url).alias("given:v1", f"a{random.randrange(10**6)}")


def _removing(url: str, local: Store, expected: dict[str, str]) -> None:
    ref = max(expected, key=lambda ref: (ref.startswith("cut"), ref))
    if ref.startswith("cut"):
        del expected[ref]
        Store(url).remove(ref)


def _pushing(url: str, local: Store, expected: dict[str, str]) -> None:
    artifact = publish(local, "pushed", random.randrange(10**6), size=20)
    for each in local.push([artifact.ref], url):
        expected[str(each.target)] = artifact.digest


def _reading(url: str, local: Store, expected: dict[str, str]) -> None:
    ref = random.choice(["given:v1", "given:v2"])
    assert Store(url).get(ref).read("x").tolist() == [int(ref[-1]) - 1] * 20


_ACTS = (_publishing, _aliasing, _removing, _pushing, _reading)


def _check(store: Store, expected: dict[str, str]) -> None:
    assert (problems := store.verify(level=2)) == [], problems
    for ref, digest in expected.items():
        assert store.get(ref).digest == digest, ref


def push_and_kill(address: str, count: int, folder: Path, seed: int = 0, models: int = 9) -> int:
    """`store push` of a sweep, killed at random moments and begun again until it ends, `count` kills in all; return in
    how many pushes. Raises AssertionError where a killed one shows half an artifact, or the whole is not what it was.
    """
    at(address, folder / "sound")
    rng, local, pushes, kills = random.Random(seed), Store(folder / "local"), 0, 0
    sweep = _sweep(local, models)
    while kills < count:
        url, pushes = new_url(), pushes + 1
        line = [sys.executable, "-m", "posectl", "store", "push", sweep.ref, url, "--store", str(local.path), "-q"]
        while True:
            process = subprocess.Popen(
                line, stdout=subprocess.DEVNULL, env={**os.environ, "POSECTL_CACHE": str(folder / "pushing")}
            )
            with suppress(subprocess.TimeoutExpired):
                assert process.wait(rng.uniform(0.5, 6) if kills < count else None) == 0
                break
            process.kill()
            process.wait()
            kills += 1
            assert Store(url).verify(level=4) == []  # parents come first: what is there has its own
        there = Store(url)
        assert {a.ref: a.digest for a in there.artifacts()} == {a.ref: a.digest for a in local.artifacts()}
        assert there.verify(level=4) == []
    return pushes


def _sweep(store: Store, models: int) -> Artifact:
    data = publish(store, "data", 0)
    made = []
    for number in range(models):
        with store.draft("model", f"model-{number}") as draft:
            draft.put("weights", np.full((50, 50), number, np.float32))
            draft.record(parents=[("dataset", data)])
            made.append(draft.publish())
    with store.draft("sweep", "sweep") as draft:
        draft.record(parents=[("model", model) for model in made])
        return draft.publish()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["serve", "race", "cut", "kill"])
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.what == "serve":
        _serve()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, serving() as address:
        if arguments.what == "race":
            answer: object = race(address, 8, arguments.count, Path(folder))
        elif arguments.what == "cut":
            answer = cut(address, arguments.count, Path(folder), arguments.seed)
        else:
            answer = push_and_kill(address, arguments.count, Path(folder), arguments.seed)
    print(arguments.what, arguments.count, answer, f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

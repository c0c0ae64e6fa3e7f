"""Commands in forks of one process that has imported posectl once: `with warm.server(folder) as posectl`.

`posectl` is the path of a program that shell scripts call in posectl's place. A fork shares nothing with the next one,
and has the streams, folder and environment of its caller.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CLIENT = """#!{python}
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(request).to_bytes(4, "little") + request], [0, 1, 2])
    sys.exit(int(server.recv(8) or b"1"))
"""


@contextmanager
def server(folder: Path) -> Iterator[Path]:
    """Serve commands as long as the context lasts."""
    address, client = str(folder / "socket"), folder / "posectl"
    client.write_text(_CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
    client.chmod(client.stat().st_mode | stat.S_IXUSR)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        child = os.fork()
        if child == 0:
            _serve(listening)
        try:
            yield client
        finally:
            os.kill(child, 15)
            os.waitpid(child, 0)


def _serve(listening: socket.socket) -> None:
    import posectl.api.lab
    import posectl.cli.app
    import posectl.stages.evaluate
    import posectl.stages.sweep
    import posectl.stages.train  # noqa: F401 - the slow imports

    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            _run(connection)
        connection.close()


def _run(connection: socket.socket) -> None:
    """Run one command in a process of its own, and send its exit code."""
    data, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    size = int.from_bytes(data[:4], "little")
    while len(data) < 4 + size:
        data += connection.recv(1 << 20)
    arguments, folder, environment = json.loads(data[4:])
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
    # Not the streams that a test runner captures by.
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(i, mode) for i, mode in enumerate("rww"))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["posectl", *arguments]
    code = 1
    try:
        from posectl.__main__ import main

        main()
        code = 0
    except SystemExit as exited:
        code = exited.code if isinstance(exited.code, int) else int(exited.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        os._exit(code)

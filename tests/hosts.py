"""Hosts on one machine: network namespaces with names and processes of their own, on one bridge."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from haunting import children

_TAG = os.getpid() % 200  # two processes have networks of their own
NET = f"10.77.{_TAG}"
"""The first three numbers of every address; the fourth is a host's, and 1 this side's."""
PYTHON = [sys.executable, "-m"]
_BRIDGE = f"pctl{_TAG}-br"


@dataclass
class Host:
    """One host, and the shell loop that runs on it. number: the last of its address."""

    number: int
    line: str
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def name(self) -> str:
        """Its name, which leases bear."""
        return f"pctl{_TAG}-h{self.number}"

    def begin(self, environment: dict[str, str]) -> None:
        """Start it, with its loop."""
        within = f"hostname {self.name}; {self.line}"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, "unshare", "--uts", "--pid", "--fork", "--kill-child",
                 "--mount-proc", "bash", "-c", within],
                stdout=log, stderr=log, env=environment,
            )  # fmt: skip

    def pids(self, word: str = "") -> list[int]:
        """Return the numbers, outside, of its processes: of all, or of those of Python with a word in their lines."""
        assert self.process is not None
        (shell,) = children(self.process.pid)[:1] or [0]
        with suppress(OSError):
            mine = os.readlink(f"/proc/{shell}/ns/pid")
            every = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]
            inside = [pid for pid in every if _namespace(pid) == mine]
            return [pid for pid in inside if not word or (word in (line := _line(pid)) and line.startswith(PYTHON[0]))]
        return []

    def send(self, number: int, word: str = "") -> int:
        """Send a signal to its processes of a word; return how many there were."""
        pids = self.pids(word)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return len(pids)

    def end(self) -> None:
        """Stop it, and all that runs on it."""
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


def _namespace(pid: int) -> str:
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/pid")
    return ""


def _line(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def network(hosts: Sequence[Host]) -> Iterator[None]:
    """Make a network namespace for every host, all on one bridge, of which this side is the head."""
    _ip("link", "add", _BRIDGE, "type", "bridge")
    try:
        _ip("addr", "add", f"{NET}.1/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for host in hosts:
            outer, inner = f"pctl{_TAG}v{host.number}", f"pctl{_TAG}e{host.number}"
            _ip("netns", "add", host.name)
            _ip("link", "add", outer, "type", "veth", "peer", "name", inner)
            _ip("link", "set", outer, "master", _BRIDGE, "up")
            _ip("link", "set", inner, "netns", host.name)
            for words in (("addr", "add", f"{NET}.{host.number}/24", "dev", inner), ("link", "set", inner, "up"),
                          ("link", "set", "lo", "up")):  # fmt: skip
                _ip("-n", host.name, *words)
        yield
    finally:
        for host in hosts:
            subprocess.run(["ip", "netns", "del", host.name], capture_output=True)
        subprocess.run(["ip", "link", "del", _BRIDGE], capture_output=True)


def refused() -> str:
    """Return why there can be no hosts here; "" where there can."""
    if not (sys.platform == "linux" and shutil.which("ip") and shutil.which("unshare")):
        return "hosts are network namespaces of Linux, made by `ip` and `unshare`"
    probe = ["unshare", "--net", "--uts", "--pid", "--fork", "--mount-proc", "ip", "link", "add", "p", "type", "bridge"]
    done = subprocess.run(probe, capture_output=True, text=True)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""

"""Worker processes end with the process that started them, at work or idle, whatever ended that."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from data.mocap.person import person_bvh, still
from haunting import SIGNALS, children, lives

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="asks /proc for children")

_POOL = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from posectl import workers

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=workers.enter) as pool:
        list(pool.map(time.sleep, [0.2, 0.2]))
        busy = [pool.submit(time.sleep, 600)] if "busy" in sys.argv else []
        print("ready", flush=True)
        time.sleep(600)
"""
_READING = """
import sys, time
from pathlib import Path
from posectl.data.mocap.clip import Options
from posectl.data.mocap.files import find_files, read_clips

if __name__ == "__main__":
    clips = read_clips(find_files([Path(sys.argv[1])]), Options(), offered_asf=(), jobs=2, progress=None)
    next(clips)
    print("ready", flush=True)
    time.sleep(600)
"""


def ends_with_its_workers(script: str, folder: Path, sign: int, *arguments: str) -> None:
    """Run a script until it says that it is ready, kill it, and see its workers gone."""
    (folder / "script.py").write_text(script)
    line = [sys.executable, str(folder / "script.py"), *arguments]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        workers = children(parent.pid)
        assert len(workers) >= 2
        parent.send_signal(sign)
        if sign == signal.SIGINT:  # the pool's own end waits for what is at work
            time.sleep(0.5)
            parent.kill()
        parent.wait(timeout=60)
        deadline = time.monotonic() + 20  # a second, on a machine that does nothing else
        while any(map(lives, workers)):
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.parametrize("work", ["busy", "idle"])
@pytest.mark.parametrize("sign", SIGNALS)
def test_workers_end_with_their_parent(tmp_path: Path, sign: int, work: str) -> None:
    ends_with_its_workers(_POOL, tmp_path, sign, work)


def test_readers_of_recordings_end_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    for number in range(3):
        (tmp_path / "clips" / f"{number}.bvh").write_text(person_bvh(still(30)))
    ends_with_its_workers(_READING, tmp_path, signal.SIGKILL, str(tmp_path / "clips"))

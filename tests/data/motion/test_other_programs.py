"""Exported files in the programs that they are for: Blender, and three.js in a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from chromium import browser, complaints
from data.motion.walks import NODES, J, walk

from posectl.data.motion.bvh import bvh_of
from posectl.data.motion.glb import glb_of
from posectl.data.motion.turns import recording_of

HERE = Path(__file__).parent
FPS = 30.0
FRAMES = [0, 10, 31, 59]
SECONDS = [frame / FPS for frame in FRAMES]


@pytest.fixture(scope="module")
def poses():
    standing = walk(fps=FPS)
    standing[..., 2] -= standing[..., 2].min()
    return standing


@pytest.fixture
def file(request, tmp_path, poses):
    recording = recording_of(poses, FPS)
    path = tmp_path / f"walk.{request.param}"
    path.write_bytes(bvh_of(recording).encode() if request.param == "bvh" else glb_of(recording, "walk"))
    return path


@pytest.mark.parametrize("file", ["bvh", "glb"], indirect=True)
def test_blender_has_the_joints_upright_in_metres_in_real_time(file, poses):
    """Blender turns y up into z up: the joints are where posectl has them, the left foot among the left ones."""
    blender = shutil.which("blender")
    if blender is None:
        pytest.skip("no blender: Debian's packages blender and python3-numpy have it")
    out = file.with_suffix(".json")
    out.write_text(json.dumps(SECONDS))
    script = [blender, "--background", "--factory-startup", "--python", HERE / "in_blender.py", "--", file, out]
    said = subprocess.run([*map(str, script)], capture_output=True, text=True, timeout=300)
    if "No module named 'numpy'" in said.stdout + said.stderr:
        pytest.skip("blender has no numpy: Debian's package python3-numpy has it")
    found = json.loads(out.read_text())
    assert isinstance(found, dict), said.stdout + said.stderr
    assert found["seconds"] == pytest.approx(59 / FPS, abs=1e-5)
    there = np.array([[bones[name] for name in NODES.values()] for bones in found["frames"]])
    np.testing.assert_allclose(there, poses[FRAMES], atol=1e-4)
    left, right = (np.array([bones[f"{side}UpLeg"] for bones in found["frames"]]) for side in ("Left", "Right"))
    np.testing.assert_allclose(left - right, poses[FRAMES, J["LHip"]] - poses[FRAMES, J["RHip"]], atol=1e-4)


@pytest.mark.parametrize("file", ["bvh", "glb"], indirect=True)
def test_three_js_has_the_joints_upright_in_metres_in_real_time(file, poses):
    """three.js has y up."""
    three = os.environ.get("POSECTL_THREE")
    if three is None:
        pytest.skip("no three.js: POSECTL_THREE names the folder of npm's package three")
    page = HERE.joinpath("in_three.html").read_text(encoding="utf-8")
    file.with_name("page.html").write_text(page, encoding="utf-8")
    file.with_name("three").symlink_to(Path(three).resolve())
    with _served(file.parent) as address, browser() as driver:
        driver.get(f"{address}/page.html")
        names = [name for name in NODES.values() if file.suffix == ".glb" or name != "Head_End"]
        found = driver.execute_async_script("look(...arguments)", file.name, names, SECONDS)
        assert isinstance(found, dict), (found, complaints(driver))
    assert found["seconds"] == pytest.approx(59 / FPS, abs=1e-5)
    expected = poses[FRAMES][:, [J[joint] for joint, name in NODES.items() if name in names]]
    y_up = np.stack([expected[..., 0], expected[..., 2], -expected[..., 1]], axis=-1)
    np.testing.assert_allclose(np.array(found["places"]), y_up, atol=1e-4)


class _served:  # noqa: N801
    """A folder at an address of this machine."""

    def __init__(self, folder: Path) -> None:
        handler = partial(_Quiet, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

"""Every example is run: those of docstrings, of the README, and the notebook."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import warm

import posectl

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PUBLIC = [
    "posectl",
    *(f"posectl.api.{m.name}" for m in pkgutil.iter_modules([str(ROOT / "posectl" / "api")])),
    *(f"posectl.core.metrics.{m.name}" for m in pkgutil.iter_modules([str(ROOT / "posectl" / "core" / "metrics")])),
    "posectl.core.kinds",
    "posectl.core.distances",
    *(f"posectl.core.latent.{name}" for name in ("paths", "posterior", "priors")),
    *(f"posectl.core.clouds.{name}" for name in ("chamfer", "sinkhorn")),
    "posectl.data.clouds.shapes",
    "posectl.data.synthetic",
    *(f"posectl.data.synthetic.{name}" for name in ("lines", "pole")),
]


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the module's own, so that one example finds what another made."""
    return tmp_path_factory.mktemp("docs")


@pytest.fixture
def quick(shared_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(shared_folder)
    monkeypatch.setenv("POSECTL_QUICK", "1")
    return shared_folder


@pytest.mark.parametrize("module", PUBLIC)
def test_examples_of_docstrings(module: str, quick: Path) -> None:
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testmod(importlib.import_module(module), optionflags=options)
    assert failed == 0


@pytest.mark.parametrize("name", [n for n in dir(posectl) if n not in ("metrics", "__version__")])
def test_public_names_have_a_docstring(name: str) -> None:
    assert (getattr(posectl, name).__doc__ or "").strip()


@pytest.fixture(scope="module")
def readme_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the README speaks of: poses of people, paths, and pictures of a turntable."""
    from PIL import Image

    from posectl.data.readers.mannequin import read

    folder = tmp_path_factory.mktemp("readme")
    people = read([], subjects=8, seconds=1.5, seed=1).samples
    assert len(people) > 4000
    np.savez(folder / "train.npz", positions=people[:3600])
    np.savez(folder / "test.npz", positions=people[3600:4000])
    for name, pose in (("a", people[5]), ("b", people[999])):
        np.save(folder / f"{name}.npy", pose)
    alpha = np.linspace(0, 1, 10)[:, None, None]
    paths = np.stack([(1 - alpha) * people[i] + alpha * people[-1 - i] for i in range(6)])
    np.save(folder / "paths.npy", paths)
    np.save(folder / "theirs.npy", paths)
    noise = np.random.default_rng(0).normal(0, 0.04, (20, 17, 3))
    np.save(folder / "noisy.npy", people[:800:40] + noise)
    ends = people[:200:40].copy()
    ends[:, [j for j in range(17) if j not in (3, 6, 13, 16)]] = np.nan
    np.save(folder / "hands_and_feet.npy", ends)
    _keypoints(folder, people[:200:40])
    np.save(folder / "real.npy", people[::40])
    (folder / "coil100").mkdir()
    for degrees in range(0, 360, 15):
        square = np.zeros((16, 16, 3), np.uint8)
        x, y = (int(8 + 5 * f(np.radians(degrees))) for f in (np.cos, np.sin))
        square[y - 2 : y + 3, x - 2 : x + 3] = (200, 120, 40)
        Image.fromarray(square).save(folder / "coil100" / f"obj5__{degrees}.png")
    return folder


def _keypoints(folder: Path, people: np.ndarray) -> None:
    """COCO's keypoints of poses, as a level camera four metres away sees them, and that camera."""
    # Nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles by Human3.6M's joints.
    joints = [9, 10, 10, 10, 10, 11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]
    x, y, z = np.moveaxis(people[:, joints], -1, 0)
    seen = np.stack([500 + 1000 * x / (y + 4), 500 - 1000 * z / (y + 4)], axis=-1)
    np.save(folder / "keypoints.npy", seen)
    (folder / "cam.json").write_text('{"K": [[1000, 0, 500], [0, 1000, 500], [0, 0, 1]]}')


SHELL = """
set -eu
pip() { :; }     # the tests run in an environment that has it
pytest() { :; }
posectl() { "$POSECTL" "$@"; }
"""


@pytest.mark.slow
def test_the_readme_can_be_pasted(readme_folder: Path, tmp_path: Path) -> None:
    """Its shell and Python, block after block, in one folder; the YAML as a configuration."""
    env = {**os.environ, "POSECTL_QUICK": "1", "OMP_NUM_THREADS": "1"}
    env.pop("POSECTL_STORE", None)
    with warm.server(tmp_path) as posectl:
        env["POSECTL"] = str(posectl)
        for language, block in re.findall(r"^```(sh|python|yaml)\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
            if language == "yaml":
                (readme_folder / "FILE.yaml").write_text(block, encoding="utf-8")
                block = "posectl train poses --config FILE.yaml"
            command = [sys.executable, "-c", block] if language == "python" else ["bash", "-c", SHELL + block]
            done = subprocess.run(command, cwd=readme_folder, env=env, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, f"{block}\n{done.stderr}"


@pytest.mark.slow
def test_the_notebook_tells_the_figures_of_the_command_line(tmp_path: Path) -> None:
    """For the same refs, to the last bit; and from nothing, in a store of its own."""
    env = {**os.environ, "POSECTL_QUICK": "1", "OMP_NUM_THREADS": "1"}

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    told = run(str(ROOT / "examples" / "notebook.py"))
    sizes = [
        "--endpoints",
        "32",
        "--random-pairs",
        "1000",
        "--samples",
        "1000",
        "--recall-samples",
        "5000",
        "--recall-targets",
        "1000",
    ]
    for store, says in (("artifacts", True), ("again", False)):
        run("-m", "posectl", "prepare", "mannequin", "--name", "poses", "--store", store)
        train = (
            "-m",
            "posectl",
            "train",
            "poses",
            "--reg",
            "acai",
            "--lam",
            "0.1",
            "--steps",
            "2000",
            "--json",
            "--store",
            store,
        )
        model = json.loads(run(*train))
        scores = json.loads(run("-m", "posectl", "evaluate", model["ref"], *sizes, "--json", "--store", store))
        assert (model["reused"], scores["reused"]) == (says, says)
        figures = scores["scores"]
        ratio = figures["smoothness_ratio"]["mean"]
        assert f"acai ANCI {figures['anci']['mean']} largest over smallest step {ratio}" in told

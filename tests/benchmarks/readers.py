"""Reading Human3.6M: posectl against the bare read of the same bytes by numpy, pickle or cdflib.

    python tests/benchmarks/readers.py FORMATS_FOLDER [--repeats 7] [--frames 500]

posectl's time is for the whole of `read`: finding the layout, checks, 17 joints, metres, pelvis-centred. The bare read
stops at the arrays of the file. First the small fixtures, then files of Human3.6M's own size, 210 takes of `--frames`
frames (Human3.6M has about 2500), written to a temporary folder.
"""

from __future__ import annotations

import argparse
import pickle
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cdflib
import numpy as np

from posectl.data.h36m.names import ACTIONS, TEST_SUBJECTS, TRAIN_SUBJECTS
from posectl.data.readers.h36m import read

Bare = Callable[[Path], object]


def bare_object(path: Path) -> object:
    return np.load(path, allow_pickle=True)["positions_3d"].item()


def bare_arrays(path: Path) -> object:
    with np.load(path) as archive:
        return archive["S"], archive["imgname"]


def bare_pickle(path: Path) -> object:
    with path.open("rb") as stream:
        return pickle.load(stream)


def bare_cdf(folder: Path) -> object:
    return [cdflib.CDF(path)["Pose"] for path in sorted(folder.rglob("*.cdf"))]


def bare_text(folder: Path) -> object:
    return [np.loadtxt(path, delimiter=",") for path in sorted(folder.rglob("*.txt"))]


FIXTURES: dict[str, Bare] = {
    "videopose3d_data_3d_fixture.npz": bare_object,
    "mmpose_h36m_fixture.npz": bare_arrays,
    "motionbert_h36m_fixture.pkl": bare_pickle,
    "dict_h36m_keypoints_world_fixture.pkl": bare_pickle,
    "h36m_cdf": bare_cdf,
    "h3.6m_expmap": bare_text,
}


def person(frames: int, joints: int) -> np.ndarray:
    """(frames, joints, 3) float32 metres: noise, with thighs of a person's length."""
    poses = np.random.default_rng(0).normal(scale=0.2, size=(frames, joints, 3)).astype(np.float32)
    for hip, knee in ((1, 2), (4, 5), (6, 7)):
        poses[:, knee] = poses[:, hip] + np.float32([0, 0, -0.45])
    return poses


def titles() -> Iterator[tuple[str, str, int]]:
    for subject in TRAIN_SUBJECTS + TEST_SUBJECTS:
        for action in ACTIONS:
            for take in (1, 2):
                yield subject, action, take


def write_large(folder: Path, frames: int) -> Iterator[tuple[Path, Bare]]:
    """Files of 210 takes in the three layouts that are pickled, each with its bare reader."""
    content: dict = {}
    for subject, action, take in titles():
        content.setdefault(subject, {})[f"{action} {take}"] = person(frames, 32)
    path = folder / "data_3d_h36m.npz"
    np.savez_compressed(path, positions_3d=np.array(content, dtype=object))
    yield path, bare_object

    content = {}
    for subject, action, take in titles():
        sequence = dict(enumerate(person(frames, 17).astype(float) * 1000))
        content.setdefault(subject, {}).setdefault(action, {})[f"seq{take}"] = sequence
    path = folder / "dict_h36m_keypoints_world.pkl"
    path.write_bytes(pickle.dumps(content, protocol=4))
    yield path, bare_pickle

    rows = [(f"s_{int(s[1:]):02d}_act_{ACTIONS.index(a) + 2:02d}_subact_{t:02d}_ca_01", a) for s, a, t in titles()]
    image = np.tile(person(frames, 17) * 300, (len(rows), 1, 1))
    part = {
        "joint_2d": image[..., :2].copy(),
        "confidence": np.ones(image.shape[:2], np.float32),
        "joint3d_image": image,
        "2.5d_factor": np.full(len(image), 1000 / 300, np.float32),
        "camera_name": ["54138969" for _ in image],
        # Strings of their own, as in the published file.
        "source": ["".join(source) for source, _ in rows for _ in range(frames)],
        "action": [action for _, action in rows for _ in range(frames)],
    }
    path = folder / "h36m_sh_conf_cam_source_final.pkl"
    path.write_bytes(pickle.dumps({"train": part}, protocol=4))
    yield path, bare_pickle


def best(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def report(path: Path, bare: Bare, repeats: int) -> None:
    size = sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
    ours, theirs = best(lambda: read([path]), repeats), best(lambda: bare(path), repeats)
    poses = len(read([path]).samples)
    figures = f"{size / 1e6:8.2f} {poses:8d} {theirs * 1e3:9.1f} {ours * 1e3:9.1f} {ours / theirs:6.2f}"
    print(f"{path.name:40}{figures}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", type=Path, help="the folder with a fixture of each layout")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--frames", type=int, default=500)
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}")
    print(f"{'':40}{'MB':>8} {'poses':>8} {'bare ms':>9} {'read ms':>9} {'ratio':>6}")
    for name, bare in FIXTURES.items():
        report(options.formats / name, bare, options.repeats)
    with tempfile.TemporaryDirectory() as folder:
        for path, bare in write_large(Path(folder), options.frames):
            report(path, bare, min(options.repeats, 3))


if __name__ == "__main__":
    main()

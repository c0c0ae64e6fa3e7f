"""Fuzz a parser with atheris: whatever the bytes, nothing but PosectlError may escape, and no NaN come out.

    pip install atheris
    python tests/fuzz_parsers.py                        the names of the parsers
    python tests/fuzz_parsers.py bvh -max_total_time=600   any options of libFuzzer's

Seeds are files of the test data where it is there (POSECTL_TEST_DATA, else ../shared/data), and small ones made here.
What makes a parser fail is left in the working folder as crash-*. tests/test_fuzz_parsers.py does the same in brief.
"""

from __future__ import annotations

import gzip
import io
import itertools
import os
import pickle
import struct
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.spatial import ConvexHull

sys.path.insert(0, str(Path(__file__).parent))

from data.joints import MARKERS, body
from data.mocap.c3dfile import write_c3d
from data.mocap.ntufile import write_skeleton
from data.mocap.person import person_bvh, still
from data.mocap.stick import AMC, ASF

from posectl.errors import PosectlError


@dataclass(frozen=True)
class Target:
    """A parser: the name that the bytes get, seeds, what reads the folder where they lie, and what lies beside them."""

    file: str
    seeds: Callable[[Path], list[bytes]]
    read: Callable[[Path], Any]
    beside: Mapping[str, bytes] = field(default_factory=dict)


def attempt(target: Target, data: bytes, folder: Path) -> None:
    """Read the bytes once; raises what no reader may raise."""
    for name, content in {**target.beside, target.file: data}.items():
        folder.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(name).write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = target.read(folder)
        except PosectlError:
            return
    samples = getattr(found, "samples", found)
    assert samples.dtype.kind not in "fc" or np.isfinite(samples).all(), "NaN came out"


def data_folder() -> Path:
    """The folder of real files; it need not be there."""
    return Path(os.environ.get("POSECTL_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def files(pattern: str, lines: int | None = None, limit: int = 1 << 20) -> Callable[[Path], list[bytes]]:
    """Seeds: the files of the data folder that match, or their first lines; those beyond `limit` bytes are left out."""

    def seeds(data: Path) -> list[bytes]:
        contents = [path.read_bytes() for path in sorted(data.glob(pattern)) if path.is_file()]
        short = [b"\n".join(content.split(b"\n")[:lines]) if lines else content for content in contents]
        return [content for content in short if len(content) <= limit]

    return seeds


def bvh_seeds(data: Path) -> list[bytes]:
    seeds = [person_bvh(still(2)).encode(), person_bvh(still(2), prefix="mixamorig:", without=["HeadTop_End"]).encode()]
    for path in sorted(data.glob("raw/*/*.bvh"))[::3]:
        head, _, motion = path.read_bytes().partition(b"Frames:")
        lines = motion.split(b"\n")
        seeds.append(b"\n".join([head + b"Frames: 2", *lines[1:4]]) + b"\n")
    return seeds


def _point_seeds(write: Callable[[Path], Path]) -> Callable[[Path], list[bytes]]:
    def seeds(data: Path) -> list[bytes]:
        with tempfile.TemporaryDirectory() as place:
            return [write(Path(place, "a")).read_bytes()]

    return seeds


def _kinect(path: Path) -> Path:
    return write_skeleton(path, {1: np.random.default_rng(0).normal(0, 0.5, (3, 25, 3))})


def _markers(path: Path) -> Path:
    places = body(3)
    return write_c3d(path, np.stack([1000 * places[name] for name in MARKERS], axis=1), list(MARKERS), 100.0)


def _map_seeds(data: Path) -> list[bytes]:
    from posectl.data.mocap import naming

    return [path.read_bytes() for path in sorted(Path(naming.__file__).with_name("maps").glob("*.yaml"))]


def _array_seeds(save: Callable[..., None], *keys: str) -> Callable[[Path], list[bytes]]:
    def seeds(data: Path) -> list[bytes]:
        poses = np.random.default_rng(0).normal(size=(3, 17, 3)).astype(np.float32) * 0.3
        arrays = [poses, poses.reshape(3, 51).astype(">f8"), np.asfortranarray(poses)]
        contents = []
        for array in arrays:
            stream = io.BytesIO()
            save(stream, *([] if keys else [array]), **dict.fromkeys(keys, array))
            contents.append(stream.getvalue())
        return contents

    return seeds


def _motion(folder: Path) -> Any:
    """Parse, move and map the one motion file of a folder."""
    from posectl.data.mocap.clip import MotionFile, read_recordings
    from posectl.data.mocap.kinematics import forward
    from posectl.data.readers.mocap import read

    path = next(path for path in folder.iterdir() if path.suffix in (".bvh", ".amc", ".txt"))
    (recording,) = read_recordings(MotionFile(path, path.with_suffix(".asf")))
    forward(recording, recording.local(np.arange(recording.frames)))
    return read([path], fps=25)


def _save_images(stream: Any, images: np.ndarray) -> None:
    pixels = np.resize(np.abs(images) * 80 % 255, (6, 8, 8)).astype(np.uint8)
    np.savez_compressed(stream, images=pixels, labels=np.arange(6) % 2, split=np.arange(6) % 2)


def _points(folder: Path) -> Any:
    from posectl.data.readers.mocap import read

    return read([folder])


def _map(folder: Path) -> Any:
    from posectl.data.readers.mocap import read

    return read([folder / "a.bvh"], map=folder / "map.yaml")


def _arrays(folder: Path) -> Any:
    from posectl.data.readers.arrays import read

    return read([next(folder.iterdir())])


def _image_seeds(suffix: str) -> Callable[[Path], list[bytes]]:
    def seeds(data: Path) -> list[bytes]:
        noise = np.random.default_rng(0).integers(0, 256, (16, 16, 4), np.uint8)
        words = noise[..., 0].astype(np.uint16) << 8
        modes = {"png": [noise, noise[..., :3], noise[..., 0], words], "tif": [noise, words]}
        contents = []
        for pixels in modes.get(suffix, [noise[..., :3]]):
            stream = io.BytesIO()
            Image.fromarray(pixels).save(stream, {"tif": "tiff", "jpg": "jpeg", "pgm": "ppm"}.get(suffix, suffix))
            contents.append(stream.getvalue())
        return contents

    return seeds


def _idx_seeds(data: Path) -> list[bytes]:
    seed = b"\0\0\x08\x03" + struct.pack(">3I", 5, 28, 28) + bytes(range(256)) * 16
    seed = seed[: 16 + 5 * 28 * 28]
    return [seed, gzip.compress(seed, mtime=0)]


def _pickle_seeds(data: Path) -> list[bytes]:
    poses = (np.random.default_rng(0).normal(size=(4, 32, 3)) * 300).astype(np.float32)
    content = {"S1": {"Walking": poses, "Eating 1": poses[:2].astype(np.float64)}, "S9": {"Walking": poses}}
    return [pickle.dumps(content, protocol) for protocol in range(6)]


def _object_npy_seeds(data: Path) -> list[bytes]:
    stream = io.BytesIO()
    np.save(stream, pickle.loads(_pickle_seeds(data)[4]), allow_pickle=True)
    return [stream.getvalue()]


def _mesh_seeds(form: str) -> Callable[[Path], list[bytes]]:
    def seeds(data: Path) -> list[bytes]:
        corners = np.array(list(itertools.product((0.0, 1.0), repeat=3)), np.float32)
        faces = ConvexHull(corners).simplices
        rows = "\n".join(" ".join(f"{x:g}" for x in row) for row in corners)
        corners_of = "\n".join(f"3 {a} {b} {c}" for a, b, c in faces)
        head = (
            "ply\nformat {} 1.0\nelement vertex 8\nproperty float x\nproperty float y\nproperty float z\n"
            "element face 12\nproperty list uchar int vertex_indices\nend_header\n"
        )
        packed = corners.tobytes() + b"".join(struct.pack("<B3i", 3, *face) for face in faces)
        texts = {
            "ply": [f"{head.format('ascii')}{rows}\n{corners_of}\n".encode(),
                    head.format("binary_little_endian").encode() + packed],
            "off": [f"OFF\n8 12 0\n{rows}\n{corners_of}\n".encode()],
            "obj": ["".join([f"v {x:g} {y:g} {z:g}\n" for x, y, z in corners]
                            + [f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in faces]).encode()],
            "xyz": [(rows + "\n").encode() * 9],
        }  # fmt: skip
        return texts[form]

    return seeds


def _clouds(folder: Path) -> Any:
    from posectl.data.readers.clouds import read

    return read([folder], points=64)


def _pictures(folder: Path) -> Any:
    from posectl.data.readers.images import read

    return read([path for path in folder.rglob("*") if path.is_file()], size=8)


def _configuration(folder: Path) -> Any:
    from posectl.cli.config import load

    load(folder / "config.yaml")
    return np.empty(0)


def _h36m(folder: Path) -> Any:
    from posectl.data.readers.h36m import read

    return read([folder])


def _weight_seeds(save: Callable[[Any, Path], object]) -> Callable[[Path], list[bytes]]:
    """Seeds: a small model's weights, as posectl's export has them; and of the pose report's names."""
    import torch

    from posectl.core.nets.mlp import MLP

    net = MLP((2, 3), 2, widths=(3,))
    modules = {"encoder": net.encoder(1), "decoder": net.decoder(1)}
    weights = {
        f"{part}.{name}": torch.ones_like(v[0]) for part, m in modules.items() for name, v in m.state_dict().items()
    }
    about = {"net": {"name": "mlp", "shape": [2, 3], "latent": 2, "widths": [3]}, "prior": "normal",
             "samples": {"kind": "poses"}}  # fmt: skip
    theirs = {f"{part}.{i}.{key}": torch.ones((3, 3) if key == "weight" else 3)
              for part in modules for i in (0, 2) for key in ("weight", "bias")}  # fmt: skip

    def seeds(data: Path) -> list[bytes]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "w")
            contents = []
            for content in ({"config": {"about": about}, "weights": weights}, {"AE_state_dict": theirs}):
                save(content, path)
                contents.append(path.read_bytes())
        return contents

    return seeds


def _save_torch(content: Any, path: Path) -> None:
    import torch

    torch.save(content, path)


def _save_safetensors(content: Any, path: Path) -> None:
    import json

    from safetensors.torch import save_file

    config = content.get("config")
    save_file(content.get("weights", {}), path, metadata={"posectl": json.dumps(config)} if config else None)


def _weights(folder: Path) -> Any:
    from posectl.stages.import_ import read_weights

    (path,) = (path for path in folder.iterdir() if path.suffix in (".pt", ".safetensors"))
    return np.concatenate([values.ravel() for values in read_weights(path).weights.values()])


TARGETS: dict[str, Target] = {
    "bvh": Target("a.bvh", bvh_seeds, _motion),
    "amc": Target(
        "a.amc",
        lambda data: [AMC.encode(), *files("raw/cmu/*.amc", 4 + 30 * 2)(data)],
        _motion,
        {"a.asf": ASF.encode()},
    ),
    "asf": Target(
        "a.asf", lambda data: [ASF.encode(), *files("raw/cmu/*.asf")(data)], _motion, {"a.amc": AMC.encode()}
    ),
    "expmap": Target("a.txt", lambda data: [b"0.1," * 116 + b"0\n"] * 2 + files("raw/cmu_expmap/*", 4)(data), _motion),
    "skeleton": Target("a.skeleton", _point_seeds(_kinect), _points),
    "c3d": Target("a.c3d", _point_seeds(_markers), _points),
    "map": Target("map.yaml", _map_seeds, _map, {"a.bvh": person_bvh(still(2)).encode()}),
    "npy": Target("a.npy", _array_seeds(np.save), _arrays),
    "npz": Target("a.npz", _array_seeds(np.savez_compressed, "positions"), _arrays),
    "idx": Target("train-images-idx3-ubyte", _idx_seeds, _pictures),
    **{
        suffix: Target(f"a.{suffix}", _image_seeds(suffix), _pictures, {"b.png": _image_seeds("png")(Path())[2]})
        for suffix in ("png", "jpg", "gif", "bmp", "tif", "webp", "pgm")
    },
    "images": Target("a.npz", _array_seeds(_save_images, "images"), _pictures),
    **{
        form: Target(f"a.{form}", _mesh_seeds(form), _clouds, {"b.xyz": _mesh_seeds("xyz")(Path())[0]})
        for form in ("ply", "off", "obj", "xyz")
    },
    "config": Target(
        "config.yaml",
        lambda data: [b"seed: 1\nprepare: {name: x, lines: {size: 16}}\ntrain:\n  lr: 1e-3\n"],
        _configuration,
    ),
    "torch": Target("a.pt", _weight_seeds(_save_torch), _weights),
    "safetensors": Target("a.safetensors", _weight_seeds(_save_safetensors), _weights),
    "pickle": Target("a.pkl", _pickle_seeds, _h36m),
    "pickle-npy": Target("a.npy", _object_npy_seeds, _h36m),
    "h36m-videopose3d": Target("a.npz", files("formats/videopose3d*"), _h36m),
    "h36m-mmpose": Target("a.npz", files("formats/mmpose*"), _h36m),
    "h36m-motionbert": Target("a.pkl", files("formats/motionbert*"), _h36m),
    "h36m-dictionary": Target("a.pkl", files("formats/dict_h36m_keypoints*"), _h36m),
    "h36m-cameras": Target("cameras.json", files("formats/camera*"), _h36m),
    "h36m-cdf": Target("S1/MyPoseFeatures/D3_Positions/Walking.cdf", files("formats/h36m_cdf/*/*/*/*.cdf"), _h36m),
    "h36m-expmap": Target("S1/walking_1.txt", files("formats/h3.6m_expmap/*/*", 4), _h36m),
}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        print(f"Name one of: {', '.join(TARGETS)}")
        raise SystemExit(0 if len(sys.argv) < 2 else 2)
    try:
        import atheris
    except ImportError:
        raise SystemExit("This needs atheris: pip install atheris") from None
    target = TARGETS[sys.argv[1]]
    with atheris.instrument_imports(include=["posectl"]):
        import posectl.data.readers.arrays
        import posectl.data.readers.h36m
        import posectl.data.readers.mocap  # noqa: F401
    with tempfile.TemporaryDirectory() as place:
        corpus = Path(place, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(target.seeds(data_folder())):
            corpus.joinpath(f"seed{number}").write_bytes(seed)
        folder = Path(place, "files")
        atheris.Setup([sys.argv[0], *sys.argv[2:], str(corpus)], lambda data: attempt(target, data, folder))
        atheris.Fuzz()


if __name__ == "__main__":
    main()

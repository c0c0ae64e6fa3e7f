"""The layouts of Human3.6M, recognised by the content of a file or folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posectl.content import HEAD, NPZ, content_of
from posectl.data.h36m.cameras import is_camera_file, load_json
from posectl.data.h36m.pickled import is_object_npy, load_npy, load_npz, load_pickle
from posectl.data.safe.npy import array_names, known_key, split_key
from posectl.errors import InvalidInputError, NotFoundError, PosectlError
from posectl.inputs import open_input

LAYOUTS = {
    "videopose3d": "VideoPose3D's data_3d_h36m.npz",
    "cdf": "Human3.6M's D3_Positions/*.cdf",
    "cdf-mono": "Human3.6M's D3_Positions_mono/*.cdf",
    "cdf-universal": "Human3.6M's D3_Positions_mono_universal/*.cdf",
    "mmpose": "MMPose's annotation_body3d npz",
    "motionbert": "MotionBERT's pkl",
    "epfl": "EPFL's dict_h36m_keypoints_world.pkl",
    "expmap": "the exponential-map txt of h3.6m.zip",
}
COMPANIONS = {"epfl-frames": "EPFL's dict_h36m_desc.pkl", "cameras": "a camera-parameter file"}

_CDF_FOLDERS = {
    "D3_Positions": "cdf",
    "D3_Positions_mono": "cdf-mono",
    "D3_Positions_mono_universal": "cdf-universal",
}
_SUFFIXES = {".npz", ".npy", ".pkl", ".pickle", ".cdf", ".txt", ".csv", ".json"}
_CDF_MAGIC = (b"\xcd\xf3\x00\x01", b"\xcd\xf2\x60\x02", b"\x00\x00\xff\xff")
HINT = (
    "posectl reads VideoPose3D's data_3d_h36m.npz, D3_Positions/*.cdf, MMPose's h36m_train.npz, MotionBERT's pkl, "
    "EPFL's dict_h36m_keypoints_world.pkl and the txt files of h3.6m.zip."
)


@dataclass(frozen=True)
class LayoutFile:
    """A file of a known layout. label: its path from where the search began. content: its parsed content, if any."""

    layout: str
    path: Path
    label: str
    content: Any = None


class _UnknownError(Exception):
    """A file of no known layout; `seen` says what it is instead, and the hint what to do with it."""

    def __init__(self, seen: str, hint: str = HINT) -> None:
        super().__init__(seen)
        self.seen, self.hint = seen, hint


def find_files(
    paths: Sequence[str | os.PathLike[str]],
    warn: Callable[[str], None],
    broken: Callable[[InvalidInputError], None],
) -> list[LayoutFile]:
    """Find every file of a known layout under `paths`, files or folders; `warn` takes sentences on files left out.

    `broken` takes, or raises, the error of a file that is named.

    Raises NotFoundError for a path that is not there and InvalidInputError, saying what was seen, where no file is of
    any layout.
    """
    found: list[LayoutFile] = []
    for path in map(Path, paths):
        if path.is_dir():
            found += _search(path, warn)
        elif split_key(path)[0].exists():
            try:
                found.append(_named_file(path))
            except InvalidInputError as error:
                broken(error)
        else:
            raise NotFoundError(f"There is no file or folder {path}.", "Check the path; `ls` shows what is there.")
    return found


def _named_file(path: Path) -> LayoutFile:
    file, key = split_key(path)
    try:
        if key is not None:
            known_key(key, array_names(file), str(path))
            return _identify_dictionary(load_npz(file, key), path, path.name)
        return _identify(path, path.name)
    except _UnknownError as unknown:
        raise InvalidInputError(f"{path} is no layout of Human3.6M: it is {unknown.seen}.", unknown.hint) from None


def _search(folder: Path, warn: Callable[[str], None]) -> list[LayoutFile]:
    found, left_out = [], []
    for path in _candidates(folder):
        label = path.relative_to(folder).as_posix()
        try:
            found.append(_identify(path, label))
        except _UnknownError as unknown:
            left_out.append(f"{label} is {unknown.seen}")
        except PosectlError as error:
            left_out.append(f"{label}: {error.message.removesuffix('.')}")
            warn(f"{label} is left out: {error.message}")
    if not any(file.layout in LAYOUTS for file in found):
        seen = [f"{file.label} is {COMPANIONS[file.layout]}" for file in found] + left_out
        what = "; ".join(seen[:4]) + f"; and {len(seen) - 4} more" * (len(seen) > 4)
        raise InvalidInputError(f"{folder} holds no layout of Human3.6M: {what or 'no file of any kind it has'}.", HINT)
    return found


def _candidates(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            unknown_cdf = path.suffix == ".cdf" and _cdf_folder(path) not in _CDF_FOLDERS
            if path.suffix.lower() in _SUFFIXES and not name.startswith((".", "_ALL")) and not unknown_cdf:
                yield path


def _identify(path: Path, label: str) -> LayoutFile:
    """Identify the layout of the file `path`; raises _UnknownError, or InvalidInputError for a file that is damaged."""
    try:
        with open_input(path) as stream:
            head = stream.read(HEAD)
            stream.seek(0)
            pickled_npy = head.startswith(b"\x93NUMPY") and is_object_npy(stream)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None
    if not head:
        raise InvalidInputError(f"{path} is empty.", "Copy or write the file again.")
    content = content_of(head)
    if content == NPZ:
        return _identify_npz(path, label)
    if head.startswith(b"\x93NUMPY"):
        if not pickled_npy:
            raise _UnknownError("a bare array, which `posectl prepare arrays` reads")
        return _identify_dictionary(load_npy(path), path, label)
    if head[:4] in _CDF_MAGIC:
        return LayoutFile(_cdf_layout(path), path, label)
    if content is not None and content.what == "a JSON file":
        if is_camera_file(load_json(path)):
            return LayoutFile("cameras", path, label)
        raise _UnknownError("JSON, but no camera-parameter file")
    if content is not None and content.what != "a pickle":
        raise _UnknownError(content.what, content.hint)
    if content is not None or path.suffix in (".pkl", ".pickle"):
        return _identify_dictionary(load_pickle(path), path, label)
    return _identify_text(head, path, label)


def _identify_npz(path: Path, label: str) -> LayoutFile:
    names = array_names(path)
    if "positions_3d" in names:
        return _identify_dictionary(load_npz(path, "positions_3d"), path, label)
    if {"S", "imgname"} <= set(names):
        return LayoutFile("mmpose", path, label)
    if {"positions", "clip_start"} <= set(names):
        raise _UnknownError("a pose file, which `posectl prepare arrays` reads")
    raise _UnknownError(f"an .npz of {', '.join(names)[:80]!a}", f"Name a dictionary in it as {path}:KEY, or: {HINT}")


def _cdf_layout(path: Path) -> str:
    by_name = "cdf-mono" if re.search(r"\.\d{8}\.cdf$", path.name) else "cdf"
    return _CDF_FOLDERS.get(_cdf_folder(path), by_name)


def _cdf_folder(path: Path) -> str:
    # h36m-fetch unpacks D3_Positions as Poses_D3_Positions.
    return path.parent.name.removeprefix("Poses_")


def _identify_dictionary(content: Any, path: Path, label: str) -> LayoutFile:
    """Identify a dictionary by its keys and, among those of subjects, by the depth of the arrays in it."""
    if not isinstance(content, dict) or not content:
        raise _UnknownError(f"a pickled {type(content).__name__}")
    if is_camera_file(content):
        return LayoutFile("cameras", path, label)
    if isinstance(content.get("train", content.get("test")), dict):
        return LayoutFile("motionbert", path, label, content)
    depth, leaf = 0, content
    while isinstance(leaf, dict) and leaf and depth < 8:
        leaf = next(iter(leaf.values()))
        depth += 1
    kind = type(leaf).__name__
    layout = {(2, "ndarray"): "videopose3d", (4, "ndarray"): "epfl", (4, "list"): "epfl-frames"}.get((depth, kind))
    if layout is None:
        keys = ascii(", ".join(str(key)[:20] for key in list(content)[:4]))
        raise _UnknownError(f"a pickled dictionary of {keys}, with a {kind} at depth {depth}")
    return LayoutFile(layout, path, label, content)


def _identify_text(head: bytes, path: Path, label: str) -> LayoutFile:
    line = head.split(b"\n", 1)[0]
    columns = line.count(b",") + 1
    if columns == 99:
        return LayoutFile("expmap", path, label)
    if columns == 117:
        raise _UnknownError("text of 117 columns, CMU's exponential maps, which `posectl prepare mocap` reads")
    if columns > 1 and line.isascii():
        raise _UnknownError(f"text of {columns} columns, where exponential maps have 99")
    raise _UnknownError("text" if head.isascii() and b"\0" not in head else f"binary data that begins {head[:4]!a}")

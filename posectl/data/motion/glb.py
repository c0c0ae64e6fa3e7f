"""glTF 2.0 in one binary file (.glb): a skeleton in motion, and a skinned body of its bones to look at.

glTF is in metres and y up. Importers take a skeleton from a `skins` entry that lists its joints, and viewers draw
nothing but meshes. Source: Khronos, "glTF 2.0 Specification", 2021 (ISO/IEC 12113).
"""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from typing import Any

import numpy as np

from posectl.data.mocap.kinematics import Recording

_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_COMPONENTS = {"f": 5126, "H": 5123, "B": 5121}
# Bones as Blender draws them, thickest near the beginning; in linear light, left is blue and right vermillion.
_THICK, _AT = 0.08, 0.12
_COLORS = {"Left": (0.0, 0.17, 0.45), "Right": (0.67, 0.11, 0.0), "": (0.5, 0.5, 0.5)}
_FACES = np.array([(0, 2, 1), (0, 3, 2), (0, 4, 3), (0, 1, 4), (5, 1, 2), (5, 2, 3), (5, 3, 4), (5, 4, 1)])


class _Content:
    """The JSON and the one buffer of a file."""

    def __init__(self) -> None:
        self.json: dict[str, Any] = {"accessors": [], "bufferViews": []}
        self._data = bytearray()

    def add(self, array: np.ndarray, **more: Any) -> int:
        """Add an array (N,) or (N, k), and return the number of its accessor; more: keys of that."""
        data = array.tobytes()
        view = {"buffer": 0, "byteOffset": len(self._data), "byteLength": len(data)}
        self._data += data + bytes(-len(data) % 4)
        self.json["bufferViews"].append(view)
        kind = _TYPES[1 if array.ndim == 1 else array.shape[1]]
        accessor = {"bufferView": len(self.json["bufferViews"]) - 1, "componentType": _COMPONENTS[array.dtype.char],
                    "count": len(array), "type": kind, **more}  # fmt: skip
        self.json["accessors"].append(accessor)
        return len(self.json["accessors"]) - 1

    def file(self) -> bytes:
        """Return the bytes of the file."""
        self.json["buffers"] = [{"byteLength": len(self._data)}]
        text = json.dumps(self.json, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(self._data)
        head = struct.pack("<4sII", b"glTF", 2, size)
        return b"".join(
            (head, struct.pack("<I4s", len(text), b"JSON"), text,
             struct.pack("<I4s", len(self._data), b"BIN\0"), self._data)
        )  # fmt: skip


def glb_of(recording: Recording, name: str) -> bytes:
    """Return a recording, of which only the root moves, as a GLB whose animation is called `name`.

    A node `NAME.end` is called NAME_End. The y axis of a node points along its bone, as Blender draws bones.
    """
    content = _Content()
    recording = _with_tip(recording)
    places, axes = _rest(recording)
    joints = list(range(len(places)))
    nodes = []
    for node, parent in enumerate(recording.parents):
        turn, move = axes[node], places[node]
        if parent >= 0:
            turn, move = axes[parent].T @ turn, axes[parent].T @ recording.offsets[node]
        children = np.flatnonzero(recording.parents == node).tolist()
        label = {"name": recording.names[node].replace(".end", "_End"), **({"children": children} if children else {})}
        nodes.append({**label, "translation": move.tolist(), "rotation": _quaternions(turn[None])[0].tolist()})
    # Matrices are stored column by column.
    unbind = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
    unbind[:, :3, :3] = axes
    unbind[:, 3, :3] = -np.einsum("nij,ni->nj", axes, places)
    content.json |= {
        "asset": {"version": "2.0", "generator": "posectl"},
        "scene": 0,
        "scenes": [{"nodes": [0, len(nodes)]}],
        "nodes": [*nodes, {"name": "Body", "mesh": 0, "skin": 0}],
        "meshes": [{"name": "Body", "primitives": [_body(content, recording, places)]}],
        "materials": [{"pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.8}}],
        "skins": [{"joints": joints, "skeleton": 0, "inverseBindMatrices": content.add(unbind.reshape(-1, 16))}],
        "animations": [{"name": name, **_animation(content, recording, axes)}],
    }
    return content.file()


def _with_tip(recording: Recording) -> Recording:
    """Return a recording whose root has a tip: Blender makes a bone whose children are at its place a metre long."""
    spine = np.linalg.norm(recording.offsets[recording.names.index("Spine1")])
    return replace(
        recording,
        names=(*recording.names, f"{recording.names[0]}.end"),
        parents=np.append(recording.parents, 0),
        offsets=np.append(recording.offsets, [(0, spine / 2, 0)], axis=0),
    )


def _rest(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Return places (J, 3) of the nodes at rest, standing on the floor, and their axes (J, 3, 3)."""
    places = recording.offsets.copy()
    axes = np.tile(np.eye(3), (len(places), 1, 1))
    for node, parent in enumerate(recording.parents):
        bone = recording.offsets[node]
        if parent >= 0:
            places[node] += places[parent]
        if parent >= 0 and bone.any():
            ahead = np.eye(3)[1 if np.abs(bone).argmax() == 2 else 2]
            side = np.cross(bone, ahead)
            axes[parent] = np.stack([side, bone, np.cross(side, bone)], axis=-1)
            axes[parent] /= np.linalg.norm(axes[parent], axis=0)
    tips = [node for node, name in enumerate(recording.names) if name.endswith(".end")]
    axes[tips] = axes[recording.parents[tips]]
    return places - (0, places[:, 1].min(), 0), axes


def _animation(content: _Content, recording: Recording, axes: np.ndarray) -> dict[str, Any]:
    assert recording.fps
    motion = recording.local(np.arange(recording.frames))
    seconds = (np.arange(recording.frames) / recording.fps).astype(np.float32)
    times = content.add(seconds, min=[float(seconds[0])], max=[float(seconds[-1])])
    moves = [(0, "translation", motion.positions[0])]
    for node, parent in enumerate(recording.parents):
        if not recording.names[node].endswith(".end"):
            turns = motion.rotations[:, node] @ axes[node]
            moves.append((node, "rotation", _quaternions(turns if parent < 0 else axes[parent].T @ turns)))
    samplers = [{"input": times, "output": content.add(values.astype(np.float32))} for _, _, values in moves]
    channels = [
        {"sampler": sampler, "target": {"node": node, "path": path}} for sampler, (node, path, _) in enumerate(moves)
    ]
    return {"samplers": samplers, "channels": channels}


def _quaternions(matrices: np.ndarray) -> np.ndarray:
    """Return quaternions (T, 4), x to w, of the two of a turn the one that is nearer to the frame before."""
    from scipy.spatial.transform import Rotation

    turns = Rotation.from_matrix(matrices).as_quat()
    signs = np.cumprod(np.where(np.sum(turns[1:] * turns[:-1], axis=-1) < 0, -1, 1))
    return turns * np.concatenate([[1], signs])[:, None]


def _body(content: _Content, recording: Recording, rest: np.ndarray) -> dict[str, Any]:
    """Add the mesh: from every node's parent to the node two pyramids, base to base, that move with the parent."""
    points, colors, joints = [], [], []
    for index, (name, parent) in enumerate(zip(recording.names, recording.parents, strict=True)):
        bone = recording.offsets[index]
        length = np.linalg.norm(bone)
        if parent < 0 or not length:
            continue
        across = np.cross(bone, np.eye(3)[np.abs(bone).argmin()])
        across *= _THICK * length / np.linalg.norm(across)
        up = np.cross(bone, across) / length
        ring = _AT * bone + np.array([across, up, -across, -up])
        points.append(rest[parent] + np.concatenate([np.zeros((1, 3)), ring, bone[None]]))
        colors.append(next(color for side, color in _COLORS.items() if name.startswith(side)))
        joints.append(parent)
    vertices = np.concatenate(points).astype(np.float32)
    faces = (6 * np.arange(len(points))[:, None, None] + _FACES).astype(np.uint16).reshape(-1)
    moved_by = np.zeros((len(vertices), 4), np.uint8)
    moved_by[:, 0] = np.repeat(joints, 6)
    weights = np.zeros((len(vertices), 4), np.float32)
    weights[:, 0] = 1
    return {
        "attributes": {
            "POSITION": content.add(vertices, min=vertices.min(0).tolist(), max=vertices.max(0).tolist()),
            "COLOR_0": content.add(np.repeat(np.array(colors, np.float32), 6, axis=0)),
            "JOINTS_0": content.add(moved_by),
            "WEIGHTS_0": content.add(weights),
        },
        "indices": content.add(faces),
        "material": 0,
    }

"""A reader of GLB files, by the specification of glTF 2.0 alone."""

from __future__ import annotations

import json
import struct

import numpy as np

_COLUMNS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_TYPES = {5126: "<f4", 5123: "<u2", 5121: "u1"}


class Glb:
    """The content of a file: its JSON, and its accessors as arrays."""

    def __init__(self, data: bytes) -> None:
        magic, version, size = struct.unpack_from("<4sII", data)
        assert (magic, version, size) == (b"glTF", 2, len(data))
        length, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        assert length % 4 == 0
        self.json = json.loads(data[20 : 20 + length])
        length_of_rest, kind = struct.unpack_from("<I4s", data, 20 + length)
        assert kind == b"BIN\0"
        assert self.json["buffers"] == [{"byteLength": length_of_rest}]
        self._bytes = data[28 + length :]
        assert len(self._bytes) == length_of_rest

    def array(self, accessor: int) -> np.ndarray:
        """The content of an accessor, (N, columns)."""
        held = self.json["accessors"][accessor]
        view, dtype = self.json["bufferViews"][held["bufferView"]], np.dtype(_TYPES[held["componentType"]])
        assert view["byteOffset"] % 4 == 0
        columns = _COLUMNS[held["type"]]
        assert held["count"] * columns * dtype.itemsize == view["byteLength"]
        array = np.frombuffer(self._bytes, dtype, held["count"] * columns, view["byteOffset"])
        return array.reshape(-1, columns)

    def named(self, name: str) -> int:
        """The number of a node."""
        return next(i for i, node in enumerate(self.json["nodes"]) if node.get("name") == name)

    def world(self, frame: int | None) -> np.ndarray:
        """The transformations (nodes, 4, 4) of the nodes in a frame of the animation; None: at rest."""
        locals_ = [
            matrix(node.get("translation", (0, 0, 0)), node.get("rotation", (0, 0, 0, 1)))
            for node in self.json["nodes"]
        ]
        if frame is not None:
            animation = self.json["animations"][0]
            for channel in animation["channels"]:
                value = self.array(animation["samplers"][channel["sampler"]]["output"])[frame].astype(float)
                node = channel["target"]["node"]
                if channel["target"]["path"] == "translation":
                    locals_[node][:3, 3] = value
                else:
                    locals_[node][:3, :3] = matrix((0, 0, 0), value)[:3, :3]
        worlds = np.tile(np.eye(4), (len(locals_), 1, 1))

        def visit(node: int, above: np.ndarray) -> None:
            worlds[node] = above @ locals_[node]
            for child in self.json["nodes"][node].get("children", ()):
                visit(child, worlds[node])

        for root in self.json["scenes"][self.json["scene"]]["nodes"]:
            visit(root, np.eye(4))
        return worlds


def matrix(move, turn) -> np.ndarray:
    """The transformation (4, 4) of a translation and a unit quaternion x, y, z, w."""
    x, y, z, w = np.asarray(turn, float)
    result = np.eye(4)
    result[:3, :3] = [
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    ]
    result[:3, 3] = move
    return result

"""PLY files, ascii and binary: the vertices of a cloud, or of a mesh with its faces.

The format: G. Turk, "The PLY Polygon File Format", 1994.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posectl import budget
from posectl.data.clouds.polygons import triangulated
from posectl.errors import InvalidInputError
from posectl.inputs import read_input

_TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4",
    "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4",
    "float32": "f4", "float64": "f8",
}  # fmt: skip
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_LONGEST_HEADER = 1 << 16
# Bytes that a value of a text takes as an object, beside its own.
_TEXT_EXPANSION = 24


@dataclass
class _Element:
    """An element of the header. properties: (name, type of the values, type of a list's length or "")."""

    name: str
    count: int
    properties: list[tuple[str, str, str]] = field(default_factory=list)


def read_ply(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Read the vertices (V, 3) and, of a mesh, its triangles (F, 3); None where there are no faces.

    Raises InvalidInputError for a file that is no PLY, that is cut short, or whose vertices have no x, y and z.
    """
    data = read_input(path)
    elements, order, start = _header(data, path)
    rows = _ascii(data[start:], elements, path) if not order else _binary(data, start, order, elements, path)
    vertices, faces = rows.get("vertex"), rows.get("face")
    columns = [name for name, _, _ in _properties(elements, "vertex")]
    listed = any(length for _, _, length in _properties(elements, "vertex"))
    if vertices is None or listed or not {"x", "y", "z"} <= set(columns):
        raise InvalidInputError(f"{path} has no vertices with x, y and z.", "Export it with the places of its points.")
    points = np.stack([np.asarray(vertices[columns.index(axis)], np.float64) for axis in "xyz"], axis=-1)
    lists = [i for i, (_, _, length) in enumerate(_properties(elements, "face")) if length]
    named = [i for i in lists if _properties(elements, "face")[i][0] in ("vertex_indices", "vertex_index")]
    polygons = faces[(named or lists)[0]] if faces and lists else []
    return points, triangulated(polygons) if len(polygons) else None


def _properties(elements: list[_Element], name: str) -> list[tuple[str, str, str]]:
    return next((each.properties for each in elements if each.name == name), [])


def _header(data: bytes, path: Path) -> tuple[list[_Element], str, int]:
    end = re.search(rb"^end_header\r?\n", data[:_LONGEST_HEADER], re.MULTILINE)
    if not re.match(rb"ply\r?\n", data) or end is None:
        raise _damaged(path, "its header does not end")
    order, elements = None, []
    for line in data[: end.start()].decode("ascii", "replace").splitlines()[1:]:
        match line.split():
            case [] | ["comment" | "obj_info", *_]:
                continue
            case ["format", form, _] if form in _ORDERS:
                order = _ORDERS[form]
            case ["element", name, count] if count.isdecimal() and len(count) < 12:
                elements.append(_Element(name, int(count)))
            case ["property", "list", length, kind, name] if elements and {length, kind} <= _TYPES.keys():
                elements[-1].properties.append((name, _TYPES[kind], _TYPES[length]))
            case ["property", kind, name] if elements and kind in _TYPES:
                elements[-1].properties.append((name, _TYPES[kind], ""))
            case _:
                raise _damaged(path, f"its header has the line {line[:60]!r}")
    if order is None:
        raise _damaged(path, "its header names no format")
    return elements, order, end.end()


Columns = list[np.ndarray | list[list[int]]]


def _ascii(data: bytes, elements: list[_Element], path: Path) -> dict[str, Columns]:
    """Read every element's columns from text, one row a line."""
    budget.check(str(path), _TEXT_EXPANSION * len(data), len(data))
    lines = [line for line in data.decode("ascii", "replace").splitlines() if line.strip()]
    rows: dict[str, Columns] = {}
    for element in elements:
        own, lines = lines[: element.count], lines[element.count :]
        if len(own) < element.count:
            raise _damaged(path, f"{len(own):,} of its {element.count:,} rows of {element.name} are there")
        try:
            rows[element.name] = _columns_of_text([line.split() for line in own], element)
        except (ValueError, IndexError):
            raise _damaged(path, f"a row of {element.name} is not what its header says") from None
    return rows


def _columns_of_text(rows: list[list[str]], element: _Element) -> Columns:
    if not any(length for _, _, length in element.properties):
        table = np.array(rows, np.float64).reshape(len(rows), -1)
        if len(rows) and table.shape[1] != len(element.properties):
            raise ValueError
        return list(table.T) if len(rows) else [np.empty(0) for _ in element.properties]
    columns: list[list[list[int]]] = [[] for _ in element.properties]
    for row in rows:
        at = 0
        for column, (_, _, length) in zip(columns, element.properties, strict=True):
            count = int(row[at]) if length else 1
            values = row[at + bool(length) : at + bool(length) + count]
            if len(values) < count:
                raise IndexError
            column.append([_whole(value) for value in values])
            at += count + bool(length)
    return [*columns]


def _whole(text: str) -> int:
    """Return the whole number of a text. Raises ValueError for one that no index can be."""
    number = float(text)
    if not abs(number) < 1 << 31:
        raise ValueError
    return int(number)


def _binary(data: bytes, at: int, order: str, elements: list[_Element], path: Path) -> dict[str, Columns]:
    """Read every element's columns from bytes of this order."""
    rows: dict[str, Columns] = {}
    for element in elements:
        lists = any(length for _, _, length in element.properties)
        try:
            columns, at = (_lists if lists else _table)(data, at, order, element)
        except (ValueError, IndexError):
            raise _damaged(path, f"its {element.count:,} rows of {element.name} are not all there") from None
        rows[element.name] = columns
    return rows


def _table(data: bytes, at: int, order: str, element: _Element) -> tuple[Columns, int]:
    dtype = np.dtype([(str(i), order + kind) for i, (_, kind, _) in enumerate(element.properties)])
    table = np.frombuffer(data, dtype, element.count, at) if element.count else np.empty(0, dtype)
    return [table[name] for name in dtype.names or ()], at + table.nbytes


def _lists(data: bytes, at: int, order: str, element: _Element) -> tuple[Columns, int]:
    """Read rows with lists, all at once where every list is as long as in the first row, as triangles are."""
    if not element.count:
        return [[] for _ in element.properties], at
    first, _ = _row(data, at, order, element)
    parts = [
        part
        for i, (_, kind, length) in enumerate(element.properties)
        for part in ([(f"{i}n", order + length)] if length else []) + [(str(i), order + kind, (len(first[i]),))]
    ]
    dtype = np.dtype(parts)
    if dtype.itemsize * element.count <= len(data) - at:
        table = np.frombuffer(data, dtype, element.count, at)
        lengths = [i for i, (_, _, length) in enumerate(element.properties) if length]
        if all((table[f"{i}n"] == len(first[i])).all() for i in lengths):
            return [table[str(i)] for i in range(len(first))], at + table.nbytes
    columns: list[list[list[int]]] = [[] for _ in element.properties]
    for _ in range(element.count):
        row, at = _row(data, at, order, element)
        for column, values in zip(columns, row, strict=True):
            column.append(values)
    return [*columns], at


def _row(data: bytes, at: int, order: str, element: _Element) -> tuple[list[list[int]], int]:
    row = []
    for _, kind, length in element.properties:
        count = 1
        if length:
            (count,) = np.frombuffer(data, order + length, 1, at).tolist()
            at += np.dtype(length).itemsize
        values = np.frombuffer(data, order + kind, int(count), at) if count else np.empty(0, kind)
        row.append(values.tolist())
        at += values.nbytes
    return row, at


def _damaged(path: Path, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path} is no whole PLY file: {what}.", "The file is damaged or cut short; fetch it again."
    )

"""Pickles read as data: plain containers, OrderedDict and defaultdict, and numpy arrays, by a machine that has nothing
to call.

A pickle is a program. `pickle.Unpickler` runs it, and even one that filters names hands hostile arguments to real
constructors. Here a name in the pickle is a token, and what the few tokens of numpy's arrays stand for is built from
bytes whose sizes are checked: read-only views into the pickle's own bytes. It reads protocols 0 to 5, of Python 2 and 3
and of numpy 1 and 2.
"""

from __future__ import annotations

import math
import re
import struct
from typing import Any

import numpy as np

from posectl.data.safe.pickle_machine import PickleMachine, RefusedError, Unbuilt
from posectl.errors import InvalidInputError

_FACTORIES = ("dict", "list", "tuple", "set", "int", "float", "str", "bool")
# What the pickles of dictionaries and of numpy's arrays name: numpy 1 says numpy.core and numpy 2 numpy._core, Python 2
# says __builtin__.
_NAMES = {
    **{(f"numpy.{core}.multiarray", name): name for core in ("core", "_core") for name in ("_reconstruct", "scalar")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): "_frombuffer" for core in ("core", "_core")},
    **{("numpy", name): name for name in ("ndarray", "dtype")},
    **{(module, "bytes"): "bytes" for module in ("builtins", "__builtin__")},
    ("_codecs", "encode"): "encode",
    **{("collections", name): name for name in ("OrderedDict", "defaultdict")},
    **{(module, name): "factory" for module in ("builtins", "__builtin__") for name in _FACTORIES},
}
_DTYPE = re.compile(r"[<>|=]?([biufSU]\d{1,6}|O[48]?)")
_LEAVES = (str, int, float, bool, memoryview, type(None))
_COPIES = 3  # of arrays, that are made of them
_MOST_AXES, _MOST_VALUES = 8, 1 << 40  # also of an empty array, whose other axes may be walked over
DAMAGE = (IndexError, KeyError, ValueError, TypeError, OverflowError, MemoryError, struct.error)


def loads(data: bytes, name: str, on_disk: int | None = None) -> Any:
    """Read the pickle `data`: dicts, lists, tuples, str, int, float, bool, None and numpy arrays.

    An OrderedDict or a defaultdict comes as a dict, an object array (n,) as a list and a 0-d one as its item, bytes as
    a memoryview. Messages call the pickle `name`; its file has `on_disk` bytes, by default as many as it has. Raises
    InvalidInputError for a pickle that is damaged, that names anything else, that expands to far more than its own
    size, or beyond the memory's budget.
    """
    machine = NumpyMachine(data, name, on_disk)
    try:
        value = machine.run()
    except RefusedError as error:
        raise _refusal(name, str(error)) from None
    except DAMAGE:
        raise InvalidInputError(f"{name} is a damaged or truncated pickle.", "Copy or write the file again.") from None
    machine.take(_COPIES * _check_expansion(value, len(data), name))
    return value


def _refusal(name: str, what: str) -> InvalidInputError:
    hint = "posectl unpickles only numpy arrays and plain containers; save the arrays with np.savez."
    return InvalidInputError(f"{name} pickles {what}, which is not loaded.", hint)


def _check_expansion(value: Any, size: int, name: str) -> int:
    """Return the bytes of all arrays; refuse containers that, each counted as often as it is referred to, hold far more
    than `size` bytes could say."""
    left, arrays = 4096 + 16 * size, 0
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, np.ndarray):
            left -= item.nbytes
            arrays += item.nbytes
        elif isinstance(item, list | tuple | dict):
            left -= len(item)
            children = item.values() if isinstance(item, dict) else item
            pending.extend(child for child in children if not isinstance(child, _LEAVES))
        elif not isinstance(item, _LEAVES):
            raise _refusal(name, "an unfinished array")
        if left < 0:
            raise InvalidInputError(f"{name} refers to itself over and over: a pickle bomb.", "Do not trust this file.")
    return arrays


class _Name:
    """One of the names that the pickles need: a token, which does nothing."""

    __slots__ = ("what",)

    def __init__(self, what: str) -> None:
        self.what = what


class _UnbuiltDtype(Unbuilt):
    """A dtype whose byte order comes later."""

    __slots__ = ("spec",)

    def __init__(self, spec: str) -> None:
        super().__init__()
        self.spec = spec


class NumpyMachine(PickleMachine):
    """The machine with the meaning of numpy's names."""

    def name(self, module: str, name: str) -> _Name:
        what = _NAMES.get((module, name))
        return super().name(module, name) if what is None else _Name(what)

    def call(self, function: Any, arguments: tuple) -> Any:
        match function, arguments:
            case _Name(what="_reconstruct"), (_Name(what="ndarray"), *_):
                return Unbuilt()
            case _Name(what="dtype"), (str(spec), *_) if _DTYPE.fullmatch(spec):
                return _UnbuiltDtype(spec)
            case _Name(what="_frombuffer"), (content, np.dtype() as dtype, tuple(shape), "C" | "F" as order):
                return self._array(shape, dtype, order == "F", content)
            case _Name(what="scalar"), (np.dtype() as dtype, content) if not dtype.hasobject:
                self.take(len(content))
                return self._array((1,), dtype, False, content).item()
            case _Name(what="encode"), (str(text), "latin1"):
                self.take(len(text))
                return memoryview(text.encode("latin-1"))
            case _Name(what="bytes"), ():
                return memoryview(b"")
            # The items come later.
            case (_Name(what="OrderedDict"), ()) | (_Name(what="defaultdict"), () | (_Name() | None,)):
                return {}
            case _Name(what="OrderedDict"), (list(pairs),):  # Python 2's items
                return self._items(pairs)
        raise RefusedError("a call that numpy does not write")

    def _items(self, pairs: list[Any]) -> dict[Any, Any]:
        """Return the dictionary of a list of pairs, which is emptied: one in the memo is not copied over and over."""
        if not all(type(pair) in (list, tuple) and len(pair) == 2 for pair in pairs):
            raise TypeError("items")
        self.stack.append({})
        self.update([part for pair in pairs for part in pair])
        pairs.clear()
        return self.stack.pop()

    def build(self, target: Unbuilt, state: tuple) -> Any:
        return _build_dtype(target.spec, state) if isinstance(target, _UnbuiltDtype) else self._array(*state[1:])

    def _array(self, shape: tuple, dtype: np.dtype, fortran: bool, content: Any) -> Any:
        if isinstance(content, str):  # Python 2's
            self.take(len(content))
            content = content.encode("latin-1")
        return _build_array(shape, dtype, fortran, content)


def _build_dtype(spec: str, state: tuple) -> np.dtype:
    order = state[1]
    if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
        raise ValueError(order)
    return np.dtype("O") if spec[:1] == "O" else np.dtype(spec).newbyteorder(order)


def _build_array(shape: tuple, dtype: np.dtype, fortran: bool, content: Any) -> Any:
    """Build the array, read-only, or for dtype object the list of an (n,) array and the item of a 0-d one."""
    if not isinstance(dtype, np.dtype) or type(shape) is not tuple:
        raise TypeError(type(dtype))
    if dtype.itemsize == 0 or len(shape) > _MOST_AXES or math.prod(max(n, 1) for n in shape) > _MOST_VALUES:
        raise ValueError(shape)
    if dtype.hasobject:
        if type(content) is not list or len(shape) > 1 or len(content) != math.prod(shape):
            raise ValueError(shape)
        return content if shape else content[0]
    array = np.ndarray(shape, dtype, content, order="F" if fortran else "C")  # numpy refuses too little content
    if array.nbytes != len(content):
        raise ValueError(shape)
    return array

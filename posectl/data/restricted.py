"""Pickles read as data: plain containers and numpy arrays, by a machine that has nothing to call.

A pickle is a program. `pickle.Unpickler` runs it, and even one that filters names hands hostile arguments to real
constructors. This machine knows the instructions that build data and none that act: a name in the pickle is a token,
and what the few tokens of numpy's arrays stand for is built here, from bytes whose sizes are checked. It reads
protocols 0 to 5, from Python 2 and 3, numpy 1 and 2. Arrays are read-only views into the pickle's own bytes, and
nothing is allocated that the pickle does not pay for. The instructions: Lib/pickletools.py of CPython.
"""

from __future__ import annotations

import codecs
import math
import pickletools
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from posectl.errors import InvalidInputError

# What numpy's pickles name: numpy 1 says numpy.core and numpy 2 numpy._core, Python 2 says __builtin__.
_NAMES = {
    **{(f"numpy.{core}.multiarray", name): name for core in ("core", "_core") for name in ("_reconstruct", "scalar")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): "_frombuffer" for core in ("core", "_core")},
    **{("numpy", name): name for name in ("ndarray", "dtype")},
    **{(module, "bytes"): "bytes" for module in ("builtins", "__builtin__")},
    ("_codecs", "encode"): "encode",
}
_DTYPE = re.compile(r"[<>|=]?([biufSU]\d{1,6}|O[48]?)")
_LEAVES = (str, int, float, bool, memoryview, type(None))
_LONGEST_INT = 16  # bytes
_DAMAGE = (IndexError, KeyError, ValueError, TypeError, OverflowError, MemoryError, struct.error)


def loads(data: bytes, name: str) -> Any:
    """What the pickle `data` holds: dicts, lists, tuples, str, int, float, bool, None and numpy arrays.

    An object array (n,) comes as a list and a 0-d one as its item; bytes come as a memoryview. `name` is what messages
    call the pickle. Raises InvalidInputError for a pickle that is damaged, that names anything else, or that expands to
    far more than its own size.
    """
    machine = _Machine(data, name)
    try:
        value = machine.run()
    except _DAMAGE:
        raise InvalidInputError(f"{name} is a damaged or truncated pickle.", "Copy or write the file again.") from None
    _check_expansion(value, len(data), name)
    return value


def _refusal(name: str, what: str) -> InvalidInputError:
    hint = "posectl unpickles only numpy arrays and plain containers; save the arrays with np.savez."
    return InvalidInputError(f"{name} pickles {what}, which is not loaded.", hint)


def _check_expansion(value: Any, size: int, name: str) -> None:
    """Refuse containers that, each counted as often as it is referred to, hold far more than `size` bytes could say."""
    left = 4096 + 16 * size
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, np.ndarray):
            left -= item.nbytes
        elif isinstance(item, list | tuple | dict):
            left -= len(item)
            children = item.values() if isinstance(item, dict) else item
            pending.extend(child for child in children if not isinstance(child, _LEAVES))
        elif not isinstance(item, _LEAVES):
            raise _refusal(name, "an unfinished array")
        if left < 0:
            raise InvalidInputError(f"{name} refers to itself over and over: a pickle bomb.", "Do not trust this file.")


class _Name:
    """One of the names that numpy's pickles need: a token, which does nothing."""

    __slots__ = ("what",)

    def __init__(self, what: str) -> None:
        self.what = what


class _Unbuilt:
    """An array or a dtype whose state comes later in the pickle. `key` is its place in the memo."""

    __slots__ = ("key", "spec")

    def __init__(self, spec: str | None = None) -> None:
        self.spec = spec  # of a dtype; None for an array
        self.key: int | None = None


def _build_dtype(spec: str, state: tuple) -> np.dtype:
    order = state[1]
    if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
        raise ValueError(order)
    return np.dtype("O") if spec[:1] == "O" else np.dtype(spec).newbyteorder(order)


def _build_array(shape: tuple, dtype: np.dtype, fortran: bool, content: Any) -> Any:
    """The array (read-only), or for dtype object the list of an (n,) array and the item of a 0-d one."""
    if not all(type(n) is int and n >= 0 for n in shape) or len(shape) > 8:
        raise ValueError(shape)
    if dtype.hasobject:
        if type(content) is not list or len(shape) > 1 or len(content) != math.prod(shape):
            raise ValueError(shape)
        return content if shape else content[0]
    if isinstance(content, str):  # Python 2's str
        content = content.encode("latin-1")
    if len(content) != math.prod(shape) * dtype.itemsize:
        raise ValueError(shape)
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def _scalar(dtype: np.dtype, content: Any) -> Any:
    if dtype.hasobject:
        raise ValueError(dtype)
    return _build_array((1,), dtype, False, content).item()


class _Machine:
    """The pickle machine: a stack, marks on it, and a memo."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.view = memoryview(data)
        self.name = name
        self.at = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        # An honest pickle spends some bytes on each thing that it makes or remembers; this bounds the memory of others.
        self.objects = 1024 + len(data)

    def run(self) -> Any:
        """Run to STOP and give the top of the stack."""
        data, stack, memo, steps = self.data, self.stack, self.memo, _STEPS
        at = 0
        while (code := data[at]) != _STOP:
            at += 1
            # Nine in ten instructions are these four; in place they take a third of the time.
            if code == _BINGET:
                stack.append(memo[data[at]])
                at += 1
            elif code == _BININT1:
                stack.append(data[at])
                at += 1
            elif code == _SHORT_BINUNICODE:
                start, at = at + 1, at + 1 + data[at]
                stack.append(data[start:at].decode("utf-8", "surrogatepass"))
            elif code == _MEMOIZE:
                self.remember(len(memo))
            else:
                step = steps[code]
                if step is None:
                    raise _refusal(self.name, f"something made by {_INSTRUCTIONS[code]}")
                self.at = at
                step(self)
                at = self.at
        return stack.pop()

    # Reading the arguments of an instruction.

    def take(self, count: int) -> memoryview:
        start = self.at
        if count < 0 or start + count > len(self.data):
            raise ValueError(count)
        self.at = start + count
        return self.view[start : self.at]

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> bytes:
        end = self.data.index(b"\n", self.at)
        start, self.at = self.at, end + 1
        return self.data[start:end].rstrip(b"\r")

    # The stack.

    def mark(self) -> None:
        self.objects -= 1
        self.marks.append(len(self.stack))

    def pop_mark(self) -> list[Any]:
        mark = self.marks.pop()
        items = self.stack[mark:]
        del self.stack[mark:]
        return items

    def push_made(self, thing: Any) -> None:
        self.objects -= 1
        if self.objects < 0:
            raise ValueError("too many objects")
        self.stack.append(thing)

    def remember(self, key: int) -> None:
        self.objects -= 1
        if self.objects < 0:
            raise ValueError("too many objects")
        top = self.memo[key] = self.stack[-1]
        if type(top) is _Unbuilt:
            top.key = key

    def recall(self, key: int) -> None:
        self.stack.append(self.memo[key])

    def append(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise TypeError(type(target))
        target.extend(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict:
            raise TypeError(type(target))
        target.update(self.pairs(items))

    def pairs(self, items: list[Any]) -> Iterator[tuple[Any, Any]]:
        # Keys are scalars: hashing nested tuples can take exponential time, or overflow C's stack.
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | int | float | None):
                raise _refusal(self.name, f"a dictionary with keys of type {type(key).__name__}")
            yield key, value

    # Names, and what numpy's stand for.

    def push_name(self, module: str, name: str) -> None:
        what = _NAMES.get((module, name))
        if what is None:
            raise _refusal(self.name, ascii(f"{module}.{name}"[:80]))
        self.push_made(_Name(what))

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(function) is not _Name or type(arguments) is not tuple:
            raise TypeError(type(function))
        match function.what, arguments:
            case "_reconstruct", (_Name(what="ndarray"), *_):
                made: Any = _Unbuilt()
            case "dtype", (str(spec), *_) if _DTYPE.fullmatch(spec):
                made = _Unbuilt(spec)
            case "_frombuffer", (content, np.dtype() as dtype, tuple(shape), "C" | "F" as order):
                made = _build_array(shape, dtype, order == "F", content)
            case "scalar", (np.dtype() as dtype, content):
                made = _scalar(dtype, content)
            case "encode", (str(text), "latin1"):
                made = memoryview(text.encode("latin-1"))
            case "bytes", ():
                made = memoryview(b"")
            case _:
                raise _refusal(self.name, f"{function.what} in a form that numpy does not write")
        self.push_made(made)

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack.pop()
        if type(target) is not _Unbuilt or type(state) is not tuple:
            raise TypeError(type(target))
        if target.spec is not None:
            built: Any = _build_dtype(target.spec, state)
        else:
            _, shape, dtype, fortran, content = state
            if not isinstance(dtype, np.dtype):
                raise TypeError(type(dtype))
            built = _build_array(shape, dtype, fortran, content)
        if target.key is not None:
            self.memo[target.key] = built
        self.push_made(built)

    # Texts and numbers that protocol 0 writes as lines.

    def push_int_line(self) -> None:
        line = self.line()
        self.stack.append(line == b"01" if line in (b"00", b"01") else int(line))

    def push_string_line(self) -> None:
        line = self.line()
        if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in b"'\"":
            raise ValueError(line[:1])
        self.stack.append(codecs.escape_decode(line[1:-1])[0].decode("latin-1"))

    def push_long(self, size: int) -> None:
        if size > _LONGEST_INT:
            raise ValueError(size)
        self.stack.append(self.number(size, signed=True))


def _text(size: int) -> Callable[[_Machine], None]:
    return lambda m: m.stack.append(str(m.take(m.number(size)), "utf-8", "surrogatepass"))


def _bytes(size: int) -> Callable[[_Machine], None]:
    return lambda m: m.stack.append(m.take(m.number(size)))


def _tuple(size: int) -> Callable[[_Machine], None]:
    def push(m: _Machine) -> None:
        items = tuple(m.stack[-size:])
        if len(items) < size:
            raise IndexError(size)
        del m.stack[-size:]
        m.push_made(items)

    return push


def _instructions() -> dict[str, Callable[[_Machine], Any]]:
    """Name in pickletools -> what the machine does. What is neither here nor in `_Machine.run` is refused."""
    return {
        "PROTO": lambda m: m.take(1),
        "FRAME": lambda m: m.take(8),
        "MARK": lambda m: m.mark(),
        "POP": lambda m: m.stack.pop(),
        "POP_MARK": lambda m: m.pop_mark(),
        "DUP": lambda m: m.stack.append(m.stack[-1]),
        "NONE": lambda m: m.stack.append(None),
        "NEWTRUE": lambda m: m.stack.append(True),
        "NEWFALSE": lambda m: m.stack.append(False),
        "INT": lambda m: m.push_int_line(),
        "LONG": lambda m: m.stack.append(int(m.line().rstrip(b"L"))),
        "BININT": lambda m: m.stack.append(m.number(4, signed=True)),
        "BININT2": lambda m: m.stack.append(m.number(2)),
        "LONG1": lambda m: m.push_long(m.number(1)),
        "LONG4": lambda m: m.push_long(m.number(4)),
        "FLOAT": lambda m: m.stack.append(float(m.line())),
        "BINFLOAT": lambda m: m.stack.append(struct.unpack(">d", m.take(8))[0]),
        "STRING": lambda m: m.push_string_line(),
        "UNICODE": lambda m: m.stack.append(m.line().decode("raw-unicode-escape")),
        "SHORT_BINSTRING": lambda m: m.stack.append(str(m.take(m.number(1)), "latin-1")),
        "BINSTRING": lambda m: m.stack.append(str(m.take(m.number(4)), "latin-1")),
        "BINUNICODE": _text(4),
        "BINUNICODE8": _text(8),
        "SHORT_BINBYTES": _bytes(1),
        "BINBYTES": _bytes(4),
        "BINBYTES8": _bytes(8),
        "BYTEARRAY8": _bytes(8),
        "EMPTY_LIST": lambda m: m.push_made([]),
        "LIST": lambda m: m.push_made(m.pop_mark()),
        "APPEND": lambda m: m.append([m.stack.pop()]),
        "APPENDS": lambda m: m.append(m.pop_mark()),
        "EMPTY_TUPLE": lambda m: m.push_made(()),
        "TUPLE": lambda m: m.push_made(tuple(m.pop_mark())),
        "TUPLE1": _tuple(1),
        "TUPLE2": _tuple(2),
        "TUPLE3": _tuple(3),
        "EMPTY_DICT": lambda m: m.push_made({}),
        "DICT": lambda m: m.push_made(dict(m.pairs(m.pop_mark()))),
        "SETITEM": lambda m: m.set_items([m.stack.pop(-2), m.stack.pop()]),
        "SETITEMS": lambda m: m.set_items(m.pop_mark()),
        "PUT": lambda m: m.remember(int(m.line())),
        "BINPUT": lambda m: m.remember(m.number(1)),
        "LONG_BINPUT": lambda m: m.remember(m.number(4)),
        "GET": lambda m: m.recall(int(m.line())),
        "LONG_BINGET": lambda m: m.recall(m.number(4)),
        "GLOBAL": lambda m: m.push_name(str(m.line(), "utf-8"), str(m.line(), "utf-8")),
        "STACK_GLOBAL": lambda m: m.push_name(m.stack.pop(-2), m.stack.pop()),
        "REDUCE": lambda m: m.reduce(),
        "BUILD": lambda m: m.build(),
    }


_INSTRUCTIONS = {ord(opcode.code): opcode.name for opcode in pickletools.opcodes}
_CODES = {name: code for code, name in _INSTRUCTIONS.items()}
_STOP, _BINGET, _BININT1 = _CODES["STOP"], _CODES["BINGET"], _CODES["BININT1"]
_SHORT_BINUNICODE, _MEMOIZE = _CODES["SHORT_BINUNICODE"], _CODES["MEMOIZE"]
_STEPS: list[Callable[[_Machine], Any] | None] = [None] * 256
for _instruction, _step in _instructions().items():
    _STEPS[_CODES[_instruction]] = _step

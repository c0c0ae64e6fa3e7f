"""The machine that a pickle is a program for, with the instructions that build plain data and no others.

It calls nothing and imports nothing. What each instruction may allocate is counted as it runs, and held against the
memory's budget. The instructions, of protocols 0 to 5: Lib/pickletools.py of CPython.
"""

from __future__ import annotations

import codecs
import pickletools
import struct
from typing import Any

from posectl import budget

_LONGEST_INT = 16  # bytes
_LONGEST_NUMBER = 64  # characters
_LONGEST_KEY = 8  # items of a tuple
# Python hashes numbers without a secret: a hostile file can have them collide, long ones and tuples at will, and each
# then costs as much as there are.
_WIDEST_KEY, _MOST_NUMBERED_KEYS = 1 << 63, 1000
# Bytes that an instruction may allocate at most, besides what it counts itself: of the stack, of a container that grows
# by an item, of a small object.
_COST = 64
_COSTS = {
    **dict.fromkeys(("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"), 256),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), 128),
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_DICT", "LIST", "DICT"), 128),
    **dict.fromkeys(("APPEND", "SETITEM", "GLOBAL", "STACK_GLOBAL"), 256),
    **dict.fromkeys(("REDUCE", "BUILD"), 512),
}
_COUNTED = 1 << 20  # bytes after which the count is held against the budget


class RefusedError(Exception):
    """A request of the pickle for something that is not plain data; the text says for what."""


class Unbuilt:
    """An object whose state comes later in the pickle. `key` is its place in the memo."""

    __slots__ = ("key",)

    def __init__(self) -> None:
        self.key: int | None = None


class PickleMachine:
    """A machine with a stack, marks on it, and a memo.

    The method `op_NAME` executes the instruction of that name in pickletools: it gets the place of the instruction's
    argument and gives that of the next instruction. An instruction without a method is refused. A subclass gives names,
    calls and states their meaning; here they are refused too.
    """

    def __init__(self, data: bytes, name: str = "the pickle", on_disk: int | None = None) -> None:
        self.data = data
        self.called, self.on_disk = name, len(data) if on_disk is None else on_disk
        self.used, self.most = len(data), budget.budget() + self.on_disk
        self.numbered_keys = 0
        self.view = memoryview(data)
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Run to STOP and return the top of the stack. Raises InvalidInputError once it takes more than the budget."""
        data, at, uncounted = self.data, 0, 0
        steps: list[Any] = [None] * 256  # a list, for every instruction looks into it
        costs = [_COST] * 256
        for op in pickletools.opcodes:
            steps[ord(op.code)] = getattr(self, f"op_{op.name.lower()}", None)
            costs[ord(op.code)] = _COSTS.get(op.name, _COST)
        while (code := data[at]) != _STOP:
            step = steps[code]
            if step is None:
                raise RefusedError(f"something made by {_INSTRUCTIONS[code]}")
            at = step(at + 1)
            uncounted += costs[code]
            if uncounted > _COUNTED:
                self.take(uncounted)
                uncounted = 0
        self.take(uncounted)
        return self.stack.pop()

    def take(self, count: int) -> None:
        """Count so many bytes that are allocated; call it before they are, where they are many."""
        self.used += count
        if self.used > self.most:
            budget.check(self.called, self.used, self.on_disk)

    # What instructions share.

    def number(self, at: int, size: int) -> int:
        """Read the unsigned number of `size` bytes at a place."""
        if at + size > len(self.data):
            raise IndexError(at)
        return int.from_bytes(self.data[at : at + size], "little")

    def counted(self, at: int, size: int) -> tuple[memoryview, int]:
        """Return the bytes after a count of `size` bytes, and the place after them."""
        start = at + size
        end = start + int.from_bytes(self.data[at:start], "little")
        if end > len(self.data):  # as it is, too, where the count itself is cut short
            raise IndexError(end)
        return self.view[start:end], end

    def line(self, at: int) -> tuple[bytes, int]:
        """Return the rest of a line, and the place after it."""
        end = self.data.index(b"\n", at)
        return self.data[at:end].rstrip(b"\r"), end + 1

    def short_line(self, at: int) -> tuple[bytes, int]:
        """Return a line that holds a number: a long one would take a time that is square in its length."""
        line, at = self.line(at)
        if len(line) > _LONGEST_NUMBER:
            raise ValueError(len(line))
        return line, at

    def pop_mark(self) -> list[Any]:
        """Pop the items above the topmost mark."""
        mark = self.marks.pop()
        items = self.stack[mark:]
        del self.stack[mark:]
        return items

    def remember(self, key: int) -> None:
        """Put the top of the stack into the memo."""
        top = self.memo[key] = self.stack[-1]
        if isinstance(top, Unbuilt):
            top.key = key

    # The frame of a pickle, and the stack.

    def op_proto(self, at: int) -> int:
        return at + 1

    def op_frame(self, at: int) -> int:
        return at + 8

    def op_mark(self, at: int) -> int:
        self.marks.append(len(self.stack))
        return at

    def op_pop(self, at: int) -> int:
        self.stack.pop()
        return at

    def op_pop_mark(self, at: int) -> int:
        self.pop_mark()
        return at

    def op_dup(self, at: int) -> int:
        self.stack.append(self.stack[-1])
        return at

    # The memo.

    def op_memoize(self, at: int) -> int:
        self.remember(len(self.memo))
        return at

    def op_put(self, at: int) -> int:
        line, at = self.short_line(at)
        self.remember(int(line))
        return at

    def op_binput(self, at: int) -> int:
        self.remember(self.data[at])
        return at + 1

    def op_long_binput(self, at: int) -> int:
        self.remember(self.number(at, 4))
        return at + 4

    def op_get(self, at: int) -> int:
        line, at = self.short_line(at)
        self.stack.append(self.memo[int(line)])
        return at

    def op_binget(self, at: int) -> int:
        self.stack.append(self.memo[self.data[at]])
        return at + 1

    def op_long_binget(self, at: int) -> int:
        self.stack.append(self.memo[self.number(at, 4)])
        return at + 4

    # Constants and numbers.

    def op_none(self, at: int) -> int:
        self.stack.append(None)
        return at

    def op_newtrue(self, at: int) -> int:
        self.stack.append(True)
        return at

    def op_newfalse(self, at: int) -> int:
        self.stack.append(False)
        return at

    def op_binint1(self, at: int) -> int:
        self.stack.append(self.data[at])
        return at + 1

    def op_binint2(self, at: int) -> int:
        self.stack.append(self.number(at, 2))
        return at + 2

    def op_binint(self, at: int) -> int:
        self.stack.append(struct.unpack_from("<i", self.data, at)[0])
        return at + 4

    def op_long1(self, at: int) -> int:
        content, at = self.counted(at, 1)
        if len(content) > _LONGEST_INT:
            raise ValueError(len(content))
        self.stack.append(int.from_bytes(content, "little", signed=True))
        return at

    def op_int(self, at: int) -> int:
        line, at = self.short_line(at)
        self.stack.append(line == b"01" if line in (b"00", b"01") else int(line))
        return at

    def op_long(self, at: int) -> int:
        line, at = self.short_line(at)
        self.stack.append(int(line.rstrip(b"L")))
        return at

    def op_float(self, at: int) -> int:
        line, at = self.short_line(at)
        self.stack.append(float(line))
        return at

    def op_binfloat(self, at: int) -> int:
        self.stack.append(struct.unpack_from(">d", self.data, at)[0])
        return at + 8

    # Texts and bytes.

    def push_text(self, at: int, size: int, encoding: str = "utf-8") -> int:
        """Push the text after a count of `size` bytes."""
        content, at = self.counted(at, size)
        text = str(content, encoding, "surrogatepass")
        self.used += text.__sizeof__()  # up to four times the content
        if self.used > self.most:  # no call to `take` for each of very many
            self.take(0)
        self.stack.append(text)
        return at

    def op_short_binunicode(self, at: int) -> int:
        return self.push_text(at, 1)

    def op_binunicode(self, at: int) -> int:
        return self.push_text(at, 4)

    def op_binunicode8(self, at: int) -> int:
        return self.push_text(at, 8)

    def op_short_binstring(self, at: int) -> int:
        return self.push_text(at, 1, "latin-1")

    def op_binstring(self, at: int) -> int:
        return self.push_text(at, 4, "latin-1")

    def op_unicode(self, at: int) -> int:
        line, at = self.line(at)
        text = line.decode("raw-unicode-escape")
        self.take(text.__sizeof__())
        self.stack.append(text)
        return at

    def op_string(self, at: int) -> int:
        line, at = self.line(at)
        if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in b"'\"":
            raise ValueError(line[:1])
        self.take(len(line))
        self.stack.append(codecs.escape_decode(line[1:-1])[0].decode("latin-1"))
        return at

    def push_bytes(self, at: int, size: int) -> int:
        """Push the bytes after a count of `size` bytes."""
        content, at = self.counted(at, size)
        self.stack.append(content)
        return at

    def op_short_binbytes(self, at: int) -> int:
        return self.push_bytes(at, 1)

    def op_binbytes(self, at: int) -> int:
        return self.push_bytes(at, 4)

    def op_binbytes8(self, at: int) -> int:
        return self.push_bytes(at, 8)

    def op_bytearray8(self, at: int) -> int:
        return self.push_bytes(at, 8)

    # Containers.

    def op_empty_list(self, at: int) -> int:
        self.stack.append([])
        return at

    def op_list(self, at: int) -> int:
        self.stack.append(self.pop_mark())
        return at

    def op_append(self, at: int) -> int:
        self.extend([self.stack.pop()])
        return at

    def op_appends(self, at: int) -> int:
        self.extend(self.pop_mark())
        return at

    def extend(self, items: list[Any]) -> None:
        """Extend the list on top of the stack."""
        target = self.stack[-1]
        if type(target) is not list:
            raise TypeError(type(target))
        target.extend(items)

    def op_empty_tuple(self, at: int) -> int:
        self.stack.append(())
        return at

    def op_tuple(self, at: int) -> int:
        self.stack.append(tuple(self.pop_mark()))
        return at

    def op_tuple1(self, at: int) -> int:
        self.stack[-1] = (self.stack[-1],)
        return at

    def op_tuple2(self, at: int) -> int:
        last = self.stack.pop()
        self.stack[-1] = (self.stack[-1], last)
        return at

    def op_tuple3(self, at: int) -> int:
        last, middle = self.stack.pop(), self.stack.pop()
        self.stack[-1] = (self.stack[-1], middle, last)
        return at

    def op_empty_dict(self, at: int) -> int:
        self.stack.append({})
        return at

    def op_dict(self, at: int) -> int:
        items = self.pop_mark()
        self.stack.append({})
        self.update(items)
        return at

    def op_setitem(self, at: int) -> int:
        value, key = self.stack.pop(), self.stack.pop()
        self.update([key, value])
        return at

    def op_setitems(self, at: int) -> int:
        self.update(self.pop_mark())
        return at

    def update(self, items: list[Any]) -> None:
        """Set items of the dictionary on top of the stack."""
        target = self.stack[-1]
        if type(target) is not dict:
            raise TypeError(type(target))
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Hashing nested tuples can take time exponential in their depth, or overflow C's stack; hashing a long one
            # again and again takes time that is square in the pickle's size.
            parts = key if type(key) is tuple and len(key) <= _LONGEST_KEY else (key,)
            if not all(isinstance(part, str | int | float | None) for part in parts):
                kind = "nested or long tuple" if type(key) is tuple else type(key).__name__
                raise RefusedError(f"a dictionary with keys of type {kind}")
            if type(key) is not str:
                self.check_number_keys(key, parts)
            target[key] = value

    def check_number_keys(self, key: Any, parts: tuple) -> None:
        """Refuse keys of which a file may hold many with one hash."""
        if any(isinstance(part, int) and not -_WIDEST_KEY <= part < _WIDEST_KEY for part in parts):
            raise RefusedError("a dictionary with keys of more than eight bytes")
        if type(key) is tuple and any(isinstance(part, int | float) for part in parts):
            self.numbered_keys += 1
            if self.numbered_keys > _MOST_NUMBERED_KEYS:
                raise RefusedError(f"dictionaries with more than {_MOST_NUMBERED_KEYS} tuples of numbers as keys")

    # Names, and what a subclass makes of them.

    def op_global(self, at: int) -> int:
        module, at = self.line(at)
        name, at = self.line(at)
        self.stack.append(self.name(module.decode(), name.decode()))
        return at

    def op_stack_global(self, at: int) -> int:
        name, module = self.stack.pop(), self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise TypeError(type(name))
        self.stack.append(self.name(module, name))
        return at

    def op_reduce(self, at: int) -> int:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(arguments) is not tuple:
            raise TypeError(type(arguments))
        self.stack.append(self.call(function, arguments))
        return at

    def op_build(self, at: int) -> int:
        state, target = self.stack.pop(), self.stack.pop()
        if not isinstance(target, Unbuilt) or type(state) is not tuple:
            raise TypeError(type(target))
        built = self.build(target, state)
        if target.key is not None:
            self.memo[target.key] = built
        self.stack.append(built)
        return at

    def name(self, module: str, name: str) -> Any:
        """Return the object on the stack for a name."""
        raise RefusedError(ascii(f"{module}.{name}"[:80]))

    def call(self, function: Any, arguments: tuple) -> Any:
        """Return the result of a call of a name: data, or an `Unbuilt`."""
        raise RefusedError("a call")

    def build(self, target: Unbuilt, state: tuple) -> Any:
        """Return the object, given its state."""
        raise RefusedError("a thing with a state")


_INSTRUCTIONS = {ord(op.code): op.name for op in pickletools.opcodes}
_STOP = ord(".")

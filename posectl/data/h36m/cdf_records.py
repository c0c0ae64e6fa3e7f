"""The records of a CDF file, checked before cdflib follows them.

cdflib trusts every count, size and offset: a damaged one makes it loop for minutes or ask for all memory. The layout of
the records: "CDF Internal Format Description", NASA Space Physics Data Facility, versions 2.7 and 3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path

from posectl import budget
from posectl.errors import InvalidInputError
from posectl.inputs import read_input

_VERSION_3, _PLAIN = b"\xcd\xf3\x00\x01", b"\x00\x00\xff\xff"
_CDR, _GDR, _R_VARIABLE, _VXR, _VVR, _Z_VARIABLE, _CVVR = 1, 2, 3, 6, 7, 8, 13
_MOST_DIMENSIONS, _MOST_VARIABLES, _MOST_RECORDS = 10, 10_000, 1_000_000
_DEFLATE_LIMIT = 1100  # deflate expands no further
_COPIES = 3  # of what is unpacked, at once
_BLOCK = 1 << 20


class _DamageError(Exception):
    """A damaged record; the text says which."""


def check_records(path: Path) -> None:
    """Raise InvalidInputError unless the file's records lie inside it and hold the bytes that they declare."""
    try:
        data = read_input(path)
        records = _Records(_plain(data, str(path)))
        records.check()
    except (_DamageError, struct.error, RecursionError) as error:
        detail = error if isinstance(error, _DamageError) else "it is cut short"
        message = f"{path} is a damaged or truncated CDF file: {detail}."
        raise InvalidInputError(message, "Unpack Poses_D3_Positions_S*.tgz again.") from None
    budget.check(str(path), len(records.data) + _COPIES * (records.unpacked() + records.declared), len(data))


def _plain(data: bytes, name: str) -> bytes:
    """Return the file's bytes, unpacked where the file is compressed as a whole."""
    if data[4:8] == _PLAIN:
        return data
    start = 40 if data[:4] == _VERSION_3 else 28  # after the compressed file's own record
    unpacker = zlib.decompressobj(wbits=31)
    try:
        records = unpacker.decompress(data[start:], len(data) + budget.budget() // _COPIES)
    except zlib.error:
        raise _DamageError("it is packed, and not by gzip") from None
    if unpacker.unconsumed_tail:
        budget.check(name, _COPIES * (len(records) + 1), len(data))
    return data[:4] + _PLAIN + records


class _Records:
    def __init__(self, data: bytes) -> None:
        self.data = data
        # Sizes and offsets have 8 bytes since version 3, and variables' names 256.
        self.word, self.name_size = ("q", 256) if data[:4] == _VERSION_3 else ("i", 64)
        self.seen: set[int] = set()
        self.packed: list[tuple[int, int]] = []
        self.declared = 0

    def unpack(self, layout: str, at: int) -> tuple:
        """Unpack big-endian fields at an offset; `w` stands for a size or offset."""
        if at < 0:
            raise _DamageError("an offset is negative")
        return struct.unpack_from(">" + layout.replace("w", self.word), self.data, at)

    def length(self, layout: str) -> int:
        """Return the number of bytes of such fields."""
        return struct.calcsize(">" + layout.replace("w", self.word))

    def record(self, at: int, *kinds: int) -> tuple[int, int, int]:
        """Return (kind, start of the fields, end) of the record at an offset; each record may be met once."""
        size, kind = self.unpack("wi", at)
        if kind not in kinds or at in self.seen:
            raise _DamageError(f"there is no record of kind {kinds[0]} at byte {at}")
        if at + size > len(self.data):
            raise _DamageError(f"the record at byte {at} ends at {at + size}, and the file at {len(self.data)}")
        self.seen.add(at)
        return kind, at + self.length("wi"), at + size

    def check(self) -> None:
        """Check all records."""
        _, _, end = self.record(8, _CDR)
        _, at, _ = self.record(end, _GDR)
        layout = "wwwwiiiiiwiii"
        first_r, first_z, _, eof, r_count, attributes, _, dimensions, z_count, *_ = self.unpack(layout, at)
        if eof > len(self.data):
            raise _DamageError(f"it should have {eof} bytes and has {len(self.data)}")
        if min(r_count, z_count, attributes) < 0 or r_count + z_count + attributes > _MOST_VARIABLES:
            raise _DamageError("it counts more variables than can be")
        r_sizes = self.sizes(dimensions, at + self.length(layout))
        for _ in range(r_count):
            first_r = self.variable(first_r, _R_VARIABLE, r_sizes)
        for _ in range(z_count):
            first_z = self.variable(first_z, _Z_VARIABLE, None)

    def sizes(self, count: int, at: int) -> tuple[int, ...]:
        """Read `count` sizes of dimensions."""
        if not 0 <= count <= _MOST_DIMENSIONS:
            raise _DamageError(f"a variable has {count} dimensions")
        sizes = self.unpack(f"{count}i", at)
        if min(sizes, default=0) < 0:
            raise _DamageError("a dimension is negative")
        return sizes

    def variable(self, at: int, kind: int, sizes: tuple[int, ...] | None) -> int:
        """Check one variable, of dimensions `sizes` or, if these are None, its own; return the offset of the next."""
        _, at, _ = self.record(at, kind)
        layout = "wiiwwiiiiiiiwi"
        following, _, last, index, _, _, _, _, _, _, elements, *_ = self.unpack(layout, at)
        at += self.length(layout) + self.name_size
        if sizes is None:
            (count,) = self.unpack("i", at)
            sizes = self.sizes(count, at + 4)
        held = sum(self.blocks(index)) if index > 0 else 0
        if last < -1 or elements < 1 or (last + 1) * prod(sizes) * elements > held:
            raise _DamageError(f"a variable of {last + 1} records of {sizes} values has too few bytes for them")
        self.declared += 8 * (last + 1) * prod(sizes) * elements
        return following

    def blocks(self, at: int) -> Iterator[int]:
        """Yield the number of bytes that each block of values under an index record can hold, at most."""
        while at > 0:
            _, start, _ = self.record(at, _VXR)
            at, entries, used = self.unpack("wii", start)
            offsets = start + self.length("wii") + 8 * entries
            if not 0 <= used <= entries <= _MOST_RECORDS:
                raise _DamageError(f"an index counts {used} of {entries} entries")
            for offset in self.unpack(f"{used}w", offsets):
                if self.unpack("wi", offset)[1] == _VXR:
                    yield from self.blocks(offset)
                else:
                    kind, begin, end = self.record(offset, _VVR, _CVVR)
                    if kind == _CVVR:
                        self.packed.append((begin, end))
                    yield (end - begin) * (_DEFLATE_LIMIT if kind == _CVVR else 1)

    def unpacked(self) -> int:
        """Return the bytes that all compressed blocks come to: at most as deflate allows or, where those would be too
        many, as they are."""
        most = _DEFLATE_LIMIT * sum(end - begin for begin, end in self.packed)
        return most if _COPIES * most <= budget.budget() else sum(map(self.measure, self.packed))

    def measure(self, block: tuple[int, int]) -> int:
        """Return the bytes that one compressed block comes to, without keeping them; no more than the budget's."""
        begin, end = block
        unpacker, total = zlib.decompressobj(wbits=47), 0
        rest = self.data[begin + self.length("iw") : end]
        try:
            while rest and total <= budget.budget():
                total += len(unpacker.decompress(rest, _BLOCK))
                rest = unpacker.unconsumed_tail
        except zlib.error:
            pass  # as cdflib will say
        return total

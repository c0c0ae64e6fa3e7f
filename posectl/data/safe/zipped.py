"""Zip archives from elsewhere, opened and unpacked within the memory's budget. The format: PKWARE's APPNOTE 6.3."""

from __future__ import annotations

import io
import lzma
import shutil
import struct
import tempfile
import zipfile
import zlib
from typing import IO, BinaryIO, cast

from posectl import budget
from posectl.errors import InvalidInputError, UnavailableError, unwritable

# What zipfile and its decompressors raise for a damaged or encrypted archive.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
_END, _END_SIZE, _LONGEST_END = b"PK\x05\x06", 22, 22 + 0xFFFF
_LOCATOR, _LOCATOR_SIZE, _END64_SIZE = b"PK\x06\x07", 20, 56
_ENTRY = 20  # times its bytes on disk that an entry of the list of members takes, at most
_BLOCK = 1 << 20
_NAMES_AT = 26  # of a member's own header, where the lengths of its name and its extra field stand


def open_zip(stream: BinaryIO | io.BufferedIOBase, name: str) -> zipfile.ZipFile:
    """Open an archive, given that the list of its members keeps to the budget; raises one of `ZIP_ERRORS`, or
    InvalidInputError."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _LONGEST_END - _LOCATOR_SIZE - _END64_SIZE))
    tail = stream.read()
    at = len(tail) - _END_SIZE if tail[-_END_SIZE:].startswith(_END) else tail.rfind(_END)
    listed = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if at >= _LOCATOR_SIZE + _END64_SIZE and tail[at - _LOCATOR_SIZE :].startswith(_LOCATOR):
        start = at - _LOCATOR_SIZE - _END64_SIZE
        listed = int.from_bytes(tail[start + 40 : start + 48], "little")
    budget.check(f"The list of what is in {name}", _ENTRY * min(listed, size), size)
    return zipfile.ZipFile(cast(BinaryIO, stream))


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> IO[bytes]:
    """Open a member that is stored or deflated; zipfile unpacks others in one piece, whatever it comes to."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        message = f"{name} is packed by method {info.compress_type}, which NumPy never does."
        raise InvalidInputError(message, "Save it with np.savez_compressed.")
    return archive.open(info)


def fill(stream: IO[bytes] | io.BufferedIOBase, data: memoryview) -> int:
    """Read into `data`, block by block, for zipfile holds two copies of what is asked for at once; return the bytes
    read."""
    at = 0
    while at < len(data) and (read := cast(io.BufferedIOBase, stream).readinto(data[at : at + _BLOCK])):
        at += read
    return at


def start_of(info: zipfile.ZipInfo, stream: BinaryIO | io.BufferedIOBase) -> int:
    """Return where the bytes of a member that is stored begin in its archive."""
    stream.seek(info.header_offset + _NAMES_AT)
    name, extra = struct.unpack("<HH", stream.read(4))
    return info.header_offset + _NAMES_AT + 4 + int(name) + int(extra)


def check_whole(member: IO[bytes]) -> None:
    """Read a member to its end, where zipfile holds its checksum against the archive's; raises one of `ZIP_ERRORS`."""
    while member.read(_BLOCK):
        pass


def unpack(member: IO[bytes], size: int, name: str) -> IO[bytes]:
    """Unpack a member of so many bytes into a temporary file without a name, and return that, at its start.

    Raises UnavailableError where there is no room for it.
    """
    folder = tempfile.gettempdir()
    if size > (free := shutil.disk_usage(folder).free):
        raise UnavailableError(
            f"{name} has {size:,} bytes unpacked, and {folder} has room for {free:,}.",
            "Set TMPDIR to a folder with more, or save it with np.savez, which packs nothing.",
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the array that is mapped from it)
    while block := member.read(_BLOCK):
        try:
            file.write(block)
        except OSError as error:  # which is no fault of the archive's
            raise unwritable(folder, error) from None
    file.seek(0)
    return file

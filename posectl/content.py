"""The content of a file, told by its first bytes whatever its name: what it is called, and what to do with it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from posectl.errors import InvalidInputError, PosectlError
from posectl.inputs import open_input

HEAD = 4096
"""Bytes from which a content is told."""


@dataclass(frozen=True)
class Content:
    """What a file is, as in "it is an HTML page", and a hint for whoever took it for something else."""

    what: str
    hint: str


_NUMPY = "save its arrays with np.save or np.savez."
_FETCH = "That is what a failed download leaves: fetch it again, from the address of the file itself."
_FRAMES = "Take the frames out first, as in ffmpeg -i FILE frames/%05d.png, or detect poses in it with another tool."
IMAGES = "`posectl prepare images` reads it."
_CLOUDS = "`posectl prepare clouds` reads it."
_MOCAP = "`posectl prepare mocap` reads it."
_PICKLE = "`posectl prepare h36m` reads those of Human3.6M; of others " + _NUMPY
_UNPACK = "Unpack it first, and name what comes out."
_LEGACY_TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_TORCH = Content("a file of torch.save", "Open it with torch.load, and " + _NUMPY)
_HDF5 = b"\x89HDF\r\n\x1a\n"
NPZ = Content("an .npz of arrays", "`posectl prepare arrays` reads poses from it, `posectl prepare images` images.")

# Offset, bytes, what a file is that has them there, and a hint.
_BINARY = (
    (0, _LEGACY_TORCH, _TORCH.what, _TORCH.hint),
    (0, b"\x93NUMPY", "a NumPy array", NPZ.hint),
    (0, b"MATLAB 7.3", "a MATLAB file of version 7.3", "Open it with h5py, and " + _NUMPY),
    (0, b"MATLAB", "a MATLAB file", "Open it with scipy.io.loadmat, and " + _NUMPY),
    *((place, _HDF5, "an HDF5 file", "Open it with h5py, and " + _NUMPY) for place in (0, 512)),
    (0, b"\x89PNG", "a PNG picture", IMAGES),
    (0, b"\xff\xd8\xff", "a JPEG picture", IMAGES),
    (0, b"GIF8", "a GIF picture", IMAGES),
    (0, b"II*\0", "a TIFF picture", IMAGES),
    (0, b"MM\0*", "a TIFF picture", IMAGES),
    (8, b"WEBP", "a WebP picture", IMAGES),
    (4, b"ftypheic", "a HEIC picture", "Save it as PNG."),
    (4, b"ftypavif", "an AVIF picture", "Save it as PNG."),
    (4, b"ftyp", "a video", _FRAMES),
    (4, b"moov", "a video", _FRAMES),
    (8, b"AVI ", "a video", _FRAMES),
    (0, b"\x1a\x45\xdf\xa3", "a video", _FRAMES),
    (0, b"\0\0\x01\xba", "a video", _FRAMES),
    (0, b"\0\0\x01\xb3", "a video", _FRAMES),
    (0, b"OggS", "a video", _FRAMES),
    (0, b"FLV\x01", "a video", _FRAMES),
    *((0, magic, "a CDF file", "`posectl prepare h36m` reads those of Human3.6M.")
      for magic in (b"\xcd\xf3\x00\x01", b"\xcd\xf2\x60\x02")),
    *((0, b"\0\0\x08" + bytes([axes]), "an idx file, as MNIST's", IMAGES) for axes in (1, 2, 3, 4)),
    (0, b"\x02\x50", "a C3D file", _MOCAP),
    (0, b"Kaydara FBX", "an FBX file", "Export it as BVH."),
    (0, b"glTF", "a glTF file", "Export it as BVH."),
    (0, b"PAR1", "a Parquet file", "Open it with pandas, and " + _NUMPY),
    (0, b"ARROW1", "an Arrow file", "Open it with pandas, and " + _NUMPY),
    (0, b"SQLite format 3", "an SQLite database", "Read its tables, and save arrays with np.savez."),
    (0, b"%PDF", "a PDF document", "Name a file of data."),
    (0, b"BZh", "packed by bzip2", _UNPACK),
    (0, b"\xfd7zXZ\0", "packed by xz", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "packed by zstd", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    *((0, b"ply" + end, "a PLY file", _CLOUDS) for end in (b"\n", b"\r\n")),
    (257, b"ustar", "a tar archive", _UNPACK),
)  # fmt: skip
# A pattern of the start of a text, what that is, and a hint. No pattern may match a text in more than one way: where a
# repetition can, trying them all takes time that is exponential in the text's length.
_TEXT = (
    (r"version https://git-lfs", "a Git LFS pointer", "Fetch the file: git lfs pull."),
    (r"/annex/objects/|\.\./.*?annex/objects/", "a git-annex pointer",
     "Fetch the file: git annex get."),
    (r"(<!--(?:(?!-->).)*-->\s*)*<(!doctype html|html|head|body)\b", "an HTML page", _FETCH),
    (r"(<\?xml.*?\?>\s*)?<Error>", "a server's error message", _FETCH),
    (r"<\?xml", "an XML file", "Read what it holds, and save arrays with np.savez."),
    (r"""\{\s*"(error|errors|message|detail|status|code)"\s*:""", "a server's error message", _FETCH),
    (r"[{\[]", "a JSON file", "Read what it holds, and save arrays with np.savez."),
    (r"hierarchy\s", "a BVH file", _MOCAP),
    (r"off\s*\d+[ \t]+\d", "an OFF file", _CLOUDS),
    (r"(#[^\n]*\n\s*)*:(version|name|units|root|fully-specified)\b", "an ASF or AMC file", _MOCAP),
)  # fmt: skip
_FORMS = [(re.compile(pattern, re.IGNORECASE | re.DOTALL), what, hint) for pattern, what, hint in _TEXT]


def content_of(head: bytes) -> Content | None:
    """Tell what a file is by its first bytes, up to `HEAD` of them; None for what begins like nothing known."""
    head = head[:HEAD]
    for offset, magic, what, hint in _BINARY:
        if head[offset : offset + len(magic)] == magic:
            return Content(what, hint)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zipped(head)
    if head[:2] == b"\x1f\x8b":
        return _gzipped(head)
    if re.match(b"\x80[\x02-\x05]", head):
        return Content("a pickle", _PICKLE)
    if len(head) >= 512 and not head.strip(b"\0"):
        return Content("nothing but zero bytes", "Copy or download it again.")
    return _text(head)


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file; none of one that cannot be read, which its reader tells."""
    try:
        with open_input(path) as stream:
            return stream.read(HEAD) if stream.seekable() else b""
    except (PosectlError, OSError):
        return b""


def other_format(name: str, head: bytes, wanted: str) -> InvalidInputError | None:
    """Return the error for a file that begins so and is no `wanted` one; None if it begins like nothing known."""
    content = content_of(head)
    return InvalidInputError(f"{name} is {content.what}, not {wanted}.", content.hint) if content else None


def _zipped(head: bytes) -> Content:
    """Tell the sort of a zip by the name of the first file in it."""
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length].decode("utf-8", "replace")
    if re.fullmatch(r"[^/]+/(data\.pkl|\.?version|\.format_version|byteorder|constants\.pkl)", first):
        return _TORCH
    if first.endswith(".npy"):
        return NPZ
    inside = f", with {first[:60]!a} in it" if first else " with nothing in it"
    return Content(f"a zip archive{inside}", _UNPACK)


def _gzipped(head: bytes) -> Content:
    try:
        inside = content_of(zlib.decompressobj(31).decompress(head, HEAD))
    except zlib.error:
        inside = None
    what = inside.what.partition(" ")[2] if inside else "file"
    return Content(f"a gzipped {what}", "Unpack it first: gunzip FILE.")


def _text(head: bytes) -> Content | None:
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    return next((Content(what, hint) for pattern, what, hint in _FORMS if pattern.match(text)), None)

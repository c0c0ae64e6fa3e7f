"""Files that would take more memory, or time that is square in their size: every reader refuses them in time."""

from __future__ import annotations

import gzip
import itertools
import pickle
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from data.mocap.person import person_bvh, still

from posectl import budget
from posectl.data.h36m.cameras import load_json
from posectl.data.h36m.cdf_records import check_records
from posectl.data.mocap.text import read_text
from posectl.data.readers.arrays import read as read_arrays
from posectl.data.readers.h36m import read as read_h36m
from posectl.data.readers.images import read as read_images
from posectl.data.readers.mocap import read as read_mocap
from posectl.data.safe.npy import load_array
from posectl.data.safe.restricted import loads
from posectl.errors import InvalidInputError

BUDGET = 8 << 20


@pytest.fixture(autouse=True)
def small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(budget.VARIABLE, str(BUDGET))


def refused(read: Callable[[], object], size: int) -> InvalidInputError:
    """Return the error of reading a file of so many bytes, which took no more than these and the budget."""
    tracemalloc.start()
    with pytest.raises(InvalidInputError) as caught:
        read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < BUDGET + size + (2 << 20)
    return caught.value


def names_the_budget(read: Callable[[], object], path: Path) -> None:
    size = path.stat().st_size
    assert size < 1 << 20
    error = refused(read, size)
    assert "8.0 MiB beyond its" in error.message
    assert "POSECTL_MAX_MEMORY=" in error.hint


def npy(shape: tuple[int, ...], descr: str, data: bytes) -> bytes:
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + data


def packed(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_the_members_of_an_archive_are_counted_together(tmp_path: Path) -> None:
    each = npy((1 << 19,), "|u1", bytes(1 << 19))  # 512 KiB, of which eight fit and sixty-four do not
    few = packed(tmp_path / "few.npz", {"x": each})
    assert load_array(few).nbytes == 1 << 19
    names_the_budget(
        lambda: read_images([many]), many := packed(tmp_path / "m.npz", {f"x{n}": each for n in range(64)})
    )


def test_what_an_archive_says_of_itself_is_not_believed(tmp_path: Path) -> None:
    path = packed(tmp_path / "lies.npz", {"positions_3d": bytes(64 << 20)})
    data = bytearray(path.read_bytes())
    for place in (data.index(b"PK\x03\x04") + 22, data.index(b"PK\x01\x02") + 24):
        data[place : place + 4] = struct.pack("<I", 1000)
    path.write_bytes(data)
    refused(lambda: read_h36m([path]), len(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize(
    ("name", "read"), [("positions", read_arrays), ("images", read_images), ("positions_3d", read_h36m)]
)
def test_packings_without_bound_are_refused(tmp_path: Path, name: str, read: Callable, method: int) -> None:
    path = packed(tmp_path / "a.npz", {name: npy((1 << 21,), "|u1", bytes(1 << 21))}, method)
    assert f"method {method}" in refused(lambda: read([path]), path.stat().st_size).message


def test_the_list_of_an_archives_members_counts_too(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    listed = entry * 20_000
    end = b"PK\x05\x06" + bytes(4) + struct.pack("<HHIIH", 20_000, 20_000, len(listed), 30, 0)
    path.write_bytes(b"PK\x03\x04" + bytes(26) + listed + end)
    names_the_budget(lambda: read_arrays([path]), path)


def test_an_empty_array_may_not_have_axes_without_end(tmp_path: Path) -> None:
    for shape in [(0, 1 << 40, 1 << 40), (1 << 63, 0), (10**30, 0)]:
        (tmp_path / "a.npy").write_bytes(npy(shape, "<f4", b""))
        with pytest.raises(InvalidInputError, match=r"broken \.npy header"):
            load_array(tmp_path / "a.npy")


def text(content: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(content)) + content


_N = 300_000
_MEMO_TEXT = text(b"a" * _N) + b"q\x01" + text(b"latin1") + b"q\x02"
_DTYPE = (
    b"cnumpy\ndtype\n"
    + text(b"S%d" % _N)
    + b"K\0K\x01\x87R(K\x03"
    + text(b"|")
    + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tbq\x03"
)
_BOMBS = {
    "encode": b"c_codecs\nencode\nq\0" + _MEMO_TEXT + b"h\0h\x01h\x02\x86R" * 400,
    "scalar": b"cnumpy.core.multiarray\nscalar\nq\0" + _MEMO_TEXT + _DTYPE + b"h\0h\x03h\x01\x86R" * 400,
    "text in arrays": b"cnumpy.core.multiarray\n_reconstruct\nq\0cnumpy\nndarray\nq\x04" + _MEMO_TEXT + _DTYPE
    + b"h\0h\x04K\0\x85" + text(b"b") + b"\x87R(K\x01K\x01\x85h\x03\x89h\x01tb" * 1
    + (b"h\0h\x04K\0\x85h\x02\x87R(K\x01K\x01\x85h\x03\x89h\x01tb") * 400,
    "wide text": b"".join(text(b"a" * 60_000 + "\U0001f600".encode()) for _ in range(40)),
    "small objects": b"C\0" * 80_000,
    "dictionaries": b"}" * 90_000,
    "the memo": b"N" + b"\x94" * 90_000,
}  # fmt: skip


@pytest.mark.parametrize("name", _BOMBS)
def test_a_pickle_is_counted_as_it_runs(name: str, tmp_path: Path) -> None:
    data = b"\x80\x04" + _BOMBS[name] + b"N."
    size = 2000  # as many bytes as an archive of it has
    error = refused(lambda: loads(data, "the pickle", size), size + len(data))
    assert error.message.startswith("the pickle would take 8.")
    assert "POSECTL_MAX_MEMORY" in error.hint


def test_a_pickle_in_an_archive_counts_by_the_archives_size(tmp_path: Path) -> None:
    pickled = b"\x80\x04" + _BOMBS["encode"] + b"N."
    path = packed(tmp_path / "a.npz", {"positions_3d": npy((), "|O", pickled)})
    names_the_budget(lambda: read_h36m([path]), path)


def test_declared_lengths_and_places_are_not_allocated() -> None:
    for data in [
        b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"a.",
        b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"a.",
        b"\x80\x04N" + b"r\xff\xff\xff\xff" + b"0j\xfe\xff\xff\xff.",
        b"Np99999999999999999999999999\n" + b"I" + b"9" * 100_000 + b"\n.",
        b"F" + b"9" * 1_000_000 + b"\n.",
    ]:
        refused(lambda data=data: loads(data, "the pickle"), len(data))


@pytest.mark.parametrize("value", [(), ((),)])
def test_a_name_that_is_no_text_is_not_hashed(value: object) -> None:
    deep = b"\x80\x04)" + b"\x94h\0\x86" + b"".join(b"\x94h%c\x86" % n for n in range(1, 120)) + b"\x94\x93."
    started = time.process_time()
    refused(lambda: loads(deep, "the pickle"), 0)
    assert time.process_time() - started < 1


def _same_hash_tuples(count: int) -> list[tuple[int, int]]:
    """Pairs with one hash, by the arithmetic of CPython's tuplehash (xxHash): any first, and a second that makes up."""
    prime1, prime2, prime5, mask = 11400714785074694791, 14029467366897019727, 2870177450012600261, (1 << 64) - 1

    def after(acc: int, lane: int) -> int:
        acc = (acc + lane * prime2) & mask
        return ((acc << 31 | acc >> 33) * prime1) & mask

    inverse, pairs = pow(prime2, -1, 1 << 64), []
    for first in itertools.count(1):
        second = (12345 - after(prime5, first)) * inverse & mask
        second -= (second >> 63) << 64
        if abs(second) < (1 << 61) - 2 and second != -1:
            pairs.append((first, second))
        if len(pairs) == count:
            assert len(set(map(hash, pairs))) == 1
            return pairs
    raise AssertionError


@pytest.mark.parametrize(
    "keys",
    [[(1 << 61) * n - n + 1 for n in range(1, 30_000)], _same_hash_tuples(3_000)],
    ids=["long numbers", "pairs of numbers"],
)
def test_keys_that_collide_are_refused(keys: list) -> None:
    data = pickle.dumps(dict.fromkeys(keys[:3000]), 2)
    with pytest.raises(InvalidInputError, match=r"eight bytes|tuples of numbers"):
        loads(data, "the pickle")


def test_keys_that_files_have_pass() -> None:
    for content in [
        {("S1", "54138969"): 1.0, (1, 2): 2.0},
        {n: n for n in range(2000)},
        {-(1 << 63): 1, (1 << 63) - 1: 2, None: 3, 1.5: 4},
        {("S1", f"{n}", "seq0"): n for n in range(3000)},
    ]:
        assert loads(pickle.dumps(content, 4), "the pickle") == content


def flat_png(width: int, height: int, depth: int, colour: int, channels: int) -> bytes:
    """A picture of zeros, of which a million pixels take a few kilobytes."""

    def block(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress(bytes((1 + width * channels * depth // 8) * min(height, 2000)), 9)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", header) + block(b"IDAT", rows) + block(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height", "depth", "colour", "channels"),
    [(2000, 2000, 8, 0, 1), (1000, 1000, 16, 6, 4), (1000, 1000, 8, 2, 3), (30_000, 30_000, 8, 0, 1)],
)
def test_a_picture_is_refused_by_what_it_declares(
    tmp_path: Path, width: int, height: int, depth: int, colour: int, channels: int
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(flat_png(width, height, depth, colour, channels))
    names_the_budget(lambda: read_images([path], size=8), path)


def test_the_tiles_of_a_tiff_count(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tags = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, 322: 20_000, 323: 20_000, 324: 8, 325: 1}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4))
    names_the_budget(lambda: read_images([path], size=8), path)


def test_many_small_pictures_count_together(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.png").write_bytes(flat_png(512, 512, 8, 0, 1))
    error = refused(lambda: read_images([tmp_path]), 12 << 10)
    assert error.message.startswith("12 images would take 12.0 MiB")
    assert "POSECTL_MAX_MEMORY=1G" in error.hint


def test_a_packed_idx_file_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 5000, 28, 28) + bytes(5000 * 784)))
    names_the_budget(lambda: read_images([path]), path)


def test_frames_that_take_more_than_their_text_count(tmp_path: Path) -> None:
    head, _, _ = person_bvh(still(2)).partition("Frames:")
    channels = sum(int(line.split()[1]) for line in head.splitlines() if "CHANNELS" in line)
    (tmp_path / "a.bvh").write_text(f"{head}Frames: 9000\nFrame Time: 3.9\n" + ("0 " * channels + "\n") * 9000)
    size = (tmp_path / "a.bvh").stat().st_size
    with pytest.raises(InvalidInputError, match=r"would take .* beyond") as caught:
        read_mocap([tmp_path / "a.bvh"], fps=60)
    assert "POSECTL_MAX_MEMORY" in caught.value.hint
    assert size < 4 << 20


def test_texts_count_by_what_they_are_parsed_to(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_bytes(b"HIERARCHY" + b" 0" * 200_000)
    names_the_budget(lambda: read_text(tmp_path / "a.bvh"), tmp_path / "a.bvh")


def test_bodies_that_each_have_all_frames_count(tmp_path: Path) -> None:
    joint = "0 0 0 0\n" * 25
    frames = "".join(f"1\n{number} 0\n25\n{joint}" for number in range(60))
    (tmp_path / "a.skeleton").write_text(f"60\n{frames}")
    names_the_budget(lambda: read_mocap([tmp_path / "a.skeleton"]), tmp_path / "a.skeleton")


def test_a_cdf_file_that_is_packed_as_a_whole_counts(tmp_path: Path) -> None:
    path = tmp_path / "S1" / "MyPoseFeatures" / "D3_Positions" / "Walking.cdf"
    path.parent.mkdir(parents=True)
    start = b"\xcd\xf3\x00\x01\xcc\xcc\x00\x01"
    path.write_bytes(start + bytes(32) + gzip.compress(bytes(64 << 20)))
    names_the_budget(lambda: check_records(path), path)


def test_json_counts_by_what_it_is_parsed_to(tmp_path: Path) -> None:
    (tmp_path / "cameras.json").write_text('{"extrinsics": [' + "[]," * 120_000 + "[]]}")
    names_the_budget(lambda: load_json(tmp_path / "cameras.json"), tmp_path / "cameras.json")


@pytest.mark.parametrize("read", [read_arrays, read_images])
def test_the_names_in_an_archive_are_listed_as_far_as_a_person_reads(tmp_path: Path, read: Callable) -> None:
    path = packed(tmp_path / "a.npz", {f"{n}-{'x' * 500}": npy((1,), "|u1", b"0") for n in range(300)})
    error = refused(lambda: read([path]), path.stat().st_size)
    assert "and 276 more" in error.message
    assert len(error.message) < 3000

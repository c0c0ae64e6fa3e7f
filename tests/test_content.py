"""What a file is, whatever its name: every reader calls it so, and says that none is damaged that is not."""

from __future__ import annotations

import gzip
import io
import pickle
import re
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from posectl.cli import config
from posectl.content import content_of
from posectl.data.h36m.cameras import load_cameras
from posectl.data.readers import arrays, h36m, images, mocap
from posectl.data.safe.npy import load_array
from posectl.errors import InvalidInputError
from posectl.store import Store

POSES = np.zeros((4, 17, 3), np.float32)


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def zipped(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "nothing")
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("poses.npy"))
    return stream.getvalue()


# What each is called, and a word of the hint.
CONTENTS = {
    "torch zip": (written(lambda f: torch.save({"poses": torch.zeros(3)}, f)), "a file of torch.save", "torch.load"),
    "torch legacy": (
        written(lambda f: torch.save(torch.zeros(3), f, _use_new_zipfile_serialization=False)),
        "a file of torch.save", "torch.load",
    ),
    "gzipped pickle": (gzip.compress(pickle.dumps({"S1": POSES}), mtime=0), "a gzipped pickle", "gunzip"),
    "gzipped page": (gzip.compress(b"<html></html>", mtime=0), "a gzipped HTML page", "gunzip"),
    "HTML page": (b"\n<!DOCTYPE html>\n<html><title>Google Drive - Quota exceeded</title>", "an HTML page", "download"),
    "commented page": (b"<!-- saved --><HTML lang='en'>", "an HTML page", "download"),
    "XML error": (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code>', "a server's error message", "download"),
    "JSON error": (b'{"message": "Not Found", "status": "404"}', "a server's error message", "download"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n", "a Git LFS pointer", "git lfs"),
    "annex": (b"/annex/objects/SHA256E-s9--4d7a.npz\n", "a git-annex pointer", "git annex get"),
    "MATLAB 5": (written(lambda f: savemat(f, {"poses": POSES})), "a MATLAB file", "loadmat"),
    "MATLAB 7.3": (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n", "version 7.3", "h5py"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file", "h5py"),
    "MP4": (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2", "a video", "ffmpeg"),
    "AVI": (b"RIFF\x10\0\0\0AVI LIST", "a video", "ffmpeg"),
    "zip": (zipped("readme.txt"), "a zip archive, with 'readme.txt' in it", "Unpack"),
    "tar": (tarred(), "a tar archive", "Unpack"),
    "tar.gz": (gzip.compress(tarred(), mtime=0), "a gzipped tar archive", "gunzip"),
    "PDF": (b"%PDF-1.7\n", "a PDF document", "data"),
    "FBX": (b"Kaydara FBX Binary  \0", "an FBX file", "BVH"),
}  # fmt: skip
READERS: dict[str, Callable[[Path], object]] = {
    "a.npy": load_array,
    "a.npz": arrays.read,
    "positions.npy": arrays.read,
    "images.npz": images.read,
    "a.png": images.read,
    "train-images-idx3-ubyte": images.read,
    "images.bin": images.read,
    "a.bvh": mocap.read,
    "a.txt": mocap.read,
    "data_3d_h36m.npz": h36m.read,
    "h36m.pkl": h36m.read,
    "h36m.txt": h36m.read,
    "cameras.json": load_cameras,
}
# Words of hints that are for damage alone.
DAMAGE = re.compile(r"damaged|truncated|cut short|[Cc]opy|[Ww]rite it again|unpack it again", re.IGNORECASE)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", CONTENTS)
def test_every_reader_calls_a_file_what_it_is(tmp_path: Path, name: str, content: str) -> None:
    data, what, hint = CONTENTS[content]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidInputError, match=re.escape(what)) as caught:
        READERS[name](tmp_path / name)
    assert hint in caught.value.hint
    assert not DAMAGE.search(caught.value.hint.replace("Or leave broken ones out", "")), caught.value.hint


@pytest.mark.parametrize("name", READERS)
def test_an_empty_file_is_empty_everywhere(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(InvalidInputError, match=" is empty"):
        READERS[name](tmp_path / name)


def test_what_is_read_is_told_too() -> None:
    picture = written(lambda f: Image.new("L", (8, 8)).save(f, "PNG"))
    for data, what in (
        (written(lambda f: np.save(f, POSES)), "a NumPy array"),
        (written(lambda f: np.savez(f, positions=POSES)), "an .npz of arrays"),
        (picture, "a PNG picture"),
        (b"HIERARCHY\nROOT Hips\n", "a BVH file"),
        (b"# of a person\n:version 1.10\n", "an ASF or AMC file"),
        (b"\0\0\x08\x03\0\0\0\x01", "an idx file, as MNIST's"),
        (b'{"extrinsics": {}}', "a JSON file"),
        (bytes(4096), "nothing but zero bytes"),
    ):
        content = content_of(data)
        assert content is not None
        assert content.what == what
    assert content_of(b"0.1, 0.2, 0.3\n") is None
    assert content_of(b"") is None


NPZ = written(lambda f: np.savez(f, positions=POSES))
NOISE = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
PNG = written(lambda f: Image.fromarray(NOISE).save(f, "PNG"))
DAMAGED: dict[str, tuple[Callable[..., object], bytes]] = {
    "a.npy": (load_array, written(lambda f: np.save(f, POSES))[:-4]),
    "a.npz": (arrays.read, NPZ[:-40]),
    "h36m.npz": (h36m.read, NPZ[:-40]),
    "half.png": (images.read, PNG[: len(PNG) // 2]),
    "start.png": (images.read, PNG[:12]),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_still_called_damage(tmp_path: Path, name: str) -> None:
    reader, data = DAMAGED[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidInputError) as caught:
        reader(tmp_path / name)
    assert DAMAGE.search(caught.value.hint), caught.value.message


def test_an_npz_under_the_name_of_an_npy_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(written(lambda f: np.savez(f, positions=POSES)))
    np.testing.assert_array_equal(load_array(tmp_path / "a.npy"), POSES)


def test_text_that_is_no_exponential_map_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "table.txt").write_text("1,2,3\n4,5,6\n")
    with pytest.raises(InvalidInputError, match="3 columns, where 117 are expected, those of CMU's") as caught:
        mocap.read([tmp_path / "table.txt"])
    assert not DAMAGE.search(caught.value.hint)


@pytest.mark.parametrize("head", [b"# a\n" * 1000, b"<!-- a -->" * 400, b"#\n" * 2000 + b"x", b"<!--" * 1000])
def test_comments_without_end_are_told_apart_in_time(head: bytes) -> None:
    started = time.process_time()
    content_of(head)
    assert time.process_time() - started < 1


def test_a_store_and_a_configuration_call_a_file_what_it_is_too(tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(CONTENTS["HTML page"][0])
    (tmp_path / "video").write_bytes(CONTENTS["MP4"][0])
    for name, what in (("page", "an HTML page"), ("video", "a video")):
        with pytest.raises(InvalidInputError, match=f"is {what}, not an exported zip"):
            Store(tmp_path / "artifacts").import_(tmp_path / name)
        with pytest.raises(InvalidInputError, match=f"is {what}, not YAML"):
            config.load(tmp_path / name)

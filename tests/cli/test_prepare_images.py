"""posectl prepare lines, pole and images, as a shell sees them."""

import struct

import numpy as np
import pytest
from PIL import Image


def refused(done, code, *words):
    """One error, one hint, no traceback, the exit code, and the words that matter."""
    assert done.code == code, done.err
    assert done.out == ""
    assert done.err.count("error:") == 1
    assert "hint:" in done.err
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


def put(folder, name, pixels):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def turntable(tmp_path):
    """Two objects of 72 views each, 16x16."""
    for number in (5, 14):
        for view in range(0, 360, 5):
            x, y = np.meshgrid(np.arange(16), np.arange(16))
            light = 127 + 100 * np.cos(np.deg2rad(view) + (x + number * y) / 5)
            put(tmp_path, f"coil/obj{number}__{view}.png", np.repeat(light[..., None], 3, 2).astype(np.uint8))
    return tmp_path / "coil"


def stored(folder, ref):
    import zarr

    name, _, version = ref.partition(":")
    return zarr.open_group(folder / "artifacts" / name / version, mode="r")


def test_lines_are_stored_with_angles_and_sectors(posectl, tmp_path):
    done = posectl("prepare", "lines", "--renderer", "smooth", "--train-count", 40, "--test-count", 60, "--json")
    assert done.code == 0, done.err
    assert (done.json["ref"], done.json["images"], done.json["train"], done.json["test"]) == ("lines:v1", 100, 40, 60)
    group = stored(tmp_path, "lines:v1")
    assert group["samples"].shape == (100, 1, 32, 32)
    assert group["samples"].metadata.dimension_names == ("sample", "channel", "row", "column")
    assert group["label"][:].tolist() == (group["angle"][:] // (2 * np.pi / 10)).astype(int).tolist()
    assert "smooth renderer" in done.err
    assert "training draws fresh images without end" in done.err


def test_a_grey_pole_is_stored_with_its_light(posectl, tmp_path):
    done = posectl("prepare", "pole", "--grey", "--size", 16, "--endless")
    assert done.out == "pole:v1\n", done.err
    assert "576: 461 train, 115 test" in done.err
    assert "72 values by 5; wraps at 360" in done.err
    group = stored(tmp_path, "pole:v1")
    assert group["samples"].shape == (576, 1, 16, 16)
    assert (group["azimuth"][0], group["elevation"][-1]) == (0, 80)


def test_an_object_of_a_turntable_is_prepared(posectl, turntable, tmp_path):
    options = ("--objects", "14", "--size", 8, "--split", "azimuth", "--name", "cat", "--grey")
    done = posectl("prepare", "images", turntable, *options)
    assert done.out == "cat:v1\n", done.err
    assert "72: 58 train, 14 test" in done.err
    assert "resized from 16x16 by averaging" in done.err
    group = stored(tmp_path, "cat:v1")
    assert group["samples"].shape == (72, 1, 8, 8)
    assert group["azimuth"][:].tolist() == [*range(0, 360, 5)]
    assert set(group["object"][:].tolist()) == {14}


def test_alpha_sixteen_bits_and_greys_are_warned_of_and_prepared(posectl, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 4), np.uint8)
    put(tmp_path, "mixed/alpha.png", noise)
    put(tmp_path, "mixed/deep.png", noise[..., 0].astype(np.uint16) * 257)
    put(tmp_path, "mixed/plain.png", noise[..., :3])
    done = posectl("prepare", "images", "mixed")
    assert done.code == 0, done.err
    for words in ("have an alpha channel and were laid on black", "have 16 bits a channel", "are grey, among coloured"):
        assert words in done.err
    assert done.err.count("warning:") == 3


def test_other_images_make_another_artifact(posectl, turntable):
    assert posectl("prepare", "images", turntable).out == "images:v1\n"
    put(turntable, "obj14__355.png", np.zeros((16, 16, 3), np.uint8))
    assert posectl("prepare", "images", turntable).out == "images:v2\n"


def test_images_that_do_not_serve_are_refused(posectl, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    put(tmp_path, "mixed/a.png", noise[:32, :32])
    put(tmp_path, "mixed/b.png", noise[:16, :16])
    put(tmp_path, "cut/a.png", noise[:32, :32])
    whole = (tmp_path / "cut" / "a.png").read_bytes()
    (tmp_path / "cut" / "a.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "train-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x0D03, 1, 28, 28) + bytes(784))
    refused(posectl("prepare", "images", "mixed"), 4, "a.png is 32x32", "b.png is 16x16", "--size")
    refused(posectl("prepare", "images", "cut"), 4, "a.png is no whole image", "--skip-broken")
    refused(posectl("prepare", "images", "train-images-idx3-ubyte"), 4, "begins with 0x00000d03")
    refused(posectl("prepare", "images", "mixed", "--size", 33), 2, "--size 33", "power of two")
    assert not list((tmp_path / "artifacts").glob("images*"))

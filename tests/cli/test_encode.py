"""encode and decode: arrays in, arrays out, the library's own figures."""

import io

import numpy as np
import pytest

import posectl as library


def read(path):
    return np.load(path, allow_pickle=False)


def test_codes_of_a_dataset_a_sample_and_a_file_are_the_librarys(trained, tmp_path, people):
    lab = library.open(tmp_path / "artifacts", quiet=True)
    model, poses = lab["acai"], lab["poses"]
    assert trained("encode", "poses", "-o", "all.npy").out == "all.npy\n"
    np.testing.assert_array_equal(read(tmp_path / "all.npy"), model.encode(poses.samples))
    assert trained("encode", "poses", "--split", "test", "-o", "test.npy").code == 0
    np.testing.assert_array_equal(read(tmp_path / "test.npy"), model.encode(poses.test))
    assert trained("encode", "poses#7", "--model", "acai:v1").out == "codes.npy\n"
    np.testing.assert_allclose(read(tmp_path / "codes.npy"), model.encode(poses.samples)[7:8], atol=1e-6)
    np.save(tmp_path / "p.npy", people[:5])
    assert trained("encode", "p.npy", "-o", "p-codes.npy", "--json").json == {
        "path": "p-codes.npy", "model": "acai:v1", "shape": [5, 8],
    }  # fmt: skip
    np.testing.assert_allclose(read(tmp_path / "p-codes.npy"), model.encode(people[:5]), atol=1e-6)
    np.testing.assert_array_equal(lab.encode(tmp_path / "p.npy").array, read(tmp_path / "p-codes.npy"))


def test_codes_are_decoded_to_the_librarys_samples(trained, tmp_path):
    lab = library.open(tmp_path / "artifacts", quiet=True)
    codes = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    np.save(tmp_path / "c.npy", codes)
    assert trained("decode", "c.npy").out == "samples.npy\n"
    np.testing.assert_array_equal(read(tmp_path / "samples.npy"), lab["acai"].decode(codes))
    np.save(tmp_path / "one.npy", codes[0])
    assert trained("decode", "one.npy", "-o", "one-pose.npy").code == 0
    assert read(tmp_path / "one-pose.npy").shape == (1, 17, 3)


def test_a_pipe_goes_there_and_back(trained, posectl_process, tmp_path):
    codes = tmp_path / "codes.npy"
    assert trained("encode", "poses", "-o", "codes.npy").code == 0
    import subprocess
    import sys

    def piped(*args, data=b""):
        done = subprocess.run([sys.executable, "-m", "posectl", *args], cwd=tmp_path, input=data, capture_output=True,
                              timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    sent = piped("encode", "poses", "-o", "-")
    np.testing.assert_array_equal(np.load(io.BytesIO(sent)), read(codes))
    back = np.load(io.BytesIO(piped("decode", "-", "-o", "-", data=sent)))
    np.testing.assert_array_equal(back, library.open(tmp_path / "artifacts", quiet=True)["acai"].decode(read(codes)))


@pytest.mark.parametrize(
    ("command", "array", "code", "words"),
    [
        ("decode", np.zeros((3, 5)), 4, "a code of acai:v1 has 8 numbers"),
        ("decode", np.full((2, 8), np.nan), 4, "NaN or infinite"),
        ("decode", np.zeros((2, 2, 8)), 4, "shape (2, 2, 8)"),
        ("encode", np.zeros((3, 4, 3)), 4, "(3, 4, 3)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(trained, tmp_path, command, array, code, words):
    np.save(tmp_path / "x.npy", array)
    done = trained(command, "x.npy")
    assert done.code == code
    assert words in done.err
    assert "hint:" in done.err
    assert not (tmp_path / "samples.npy").exists()


def test_files_are_not_overwritten_unasked(trained, tmp_path):
    (tmp_path / "codes.npy").write_text("mine")
    assert trained("encode", "poses").code == 7
    assert (tmp_path / "codes.npy").read_text() == "mine"
    assert trained("encode", "poses", "--force").code == 0


def test_a_clip_is_encoded_alone(trained, tmp_path):
    lab = library.open(tmp_path / "artifacts", quiet=True)
    poses = lab["poses"]
    start, length = (int(poses[f"clips/{key}"][1]) for key in ("start", "length"))
    assert trained("encode", "poses#clip1").code == 0
    codes = lab["acai"].encode(poses.samples[start : start + length])
    np.testing.assert_allclose(read(tmp_path / "codes.npy"), codes, atol=1e-6)
    assert trained("encode", "poses#clip99", "--force").code == 3


@pytest.mark.parametrize(
    "command",
    [("store", "rm", "poses#3", "--yes"), ("store", "export", "poses#3", "-o", "x.zip"), ("train", "poses#clip0"),
     ("plot", "acai#1", "-o", "x.png"), ("compare", "acai#1"), ("store", "verify", "poses#3")],
)  # fmt: skip
def test_a_part_of_what_is_taken_whole_is_refused(trained, command):
    done = trained(*command)
    assert done.code == 2, done.err
    assert "picks a part" in done.err
    assert trained("store", "show", "poses").code == 0

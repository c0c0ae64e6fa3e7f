"""What commands say beside their answer: details with -v, warnings always; and what a run leaves behind: nothing."""

import logging
import os
import signal
import sys
from pathlib import Path

import pytest
import torch

TRAIN = "train poses --reg acai --lam 0.2 --steps 5 --set mlp.widths=16 --name m".split()


def test_details_are_timings_shapes_devices_and_code(trained):
    quiet, plain = trained(*TRAIN, "-q", "--seed", "1"), trained(*TRAIN, "--seed", "2")
    told = trained(*TRAIN, "-v", "--seed", "3")
    assert (quiet.out, plain.out, told.out) == ("m:v1\n", "m:v2\n", "m:v3\n")
    assert all(line.startswith("warning: The training is worse") for line in quiet.err.splitlines())
    # (51 * 16 + 16) + (16 * 8 + 8) and back, (8 * 16 + 16) + (16 * 51 + 51); the critic's are those of the encoder.
    encoder, decoder = 51 * 16 + 16 + 16 * 8 + 8, 8 * 16 + 16 + 16 * 51 + 51
    numbers = encoder + decoder + encoder  # a critic has as many as an encoder
    for words in ("computing on cpu", " bytes.", f"m:v3 weights: 12 arrays of {numbers:,} numbers", " s in all."):
        assert words in told.err, told.err
        assert words not in plain.err


def test_logged_warnings_are_told_and_logged_information_in_detail(trained, tmp_path):
    (tmp_path / "artifacts" / "acai" / "v1" / "manifest.json").write_text("{")
    done = trained("store", "ls")
    assert done.code == 0
    assert "poses:v1" in done.out
    assert done.err.startswith("warning: ")
    assert "acai/v1/manifest.json is damaged" in done.err
    assert len(done.err.splitlines()) == 1


def test_information_of_the_library_is_a_detail(trained, monkeypatch):
    from posectl.store import Store

    whole = Store.artifacts

    def artifacts(store, *args):
        logging.getLogger("posectl.store").info("Looking at %s.", store.path.name)
        return whole(store, *args)

    monkeypatch.setattr(Store, "artifacts", artifacts)
    assert trained("store", "ls").err == ""
    assert "Looking at artifacts.\n" in trained("store", "ls", "-v").err


def test_the_same_work_by_other_code_is_named_and_taken_by_reuse(trained, monkeypatch):
    assert trained(*TRAIN).out == "m:v1\n"
    assert "this very run" in trained(*TRAIN).err
    monkeypatch.setattr("posectl.stages.identity.module_digest", lambda name: "another")
    from posectl.stages.identity import code_digest

    code_digest.cache_clear()
    try:
        taken = trained(*TRAIN, "--reuse")
        assert (taken.out, "m:v1 is the same work by other code, and is taken" in taken.err) == ("m:v1\n", True)
        anew = trained(*TRAIN)
        assert (anew.out, "--reuse takes it" in anew.err) == ("m:v2\n", True)
    finally:
        code_digest.cache_clear()


@pytest.mark.parametrize("args", [TRAIN, ["store", "verify"], ["train", "--no-such"], ["evaluate", "none"], ["--help"]])
def test_a_run_in_this_process_leaves_it_as_it_was(trained, args):
    def state():
        return (
            dict(os.environ), Path.cwd(), sys.argv, sys.stdin, sys.stdout, sys.stderr, sys.excepthook,
            torch.get_num_threads(), torch.get_rng_state().tolist(), torch.get_default_dtype(),
            torch.backends.cuda.matmul.allow_tf32, signal.getsignal(signal.SIGINT),
            logging.getLogger("posectl").handlers[:], logging.getLogger("posectl").level,
        )  # fmt: skip

    before = state()
    trained(*args, "--threads", "2") if args is TRAIN else trained(*args)
    assert state() == before

"""export and import as a shell sees them: what is printed, what is refused, and how."""

import json

import numpy as np
import pytest

import posectl as library
from posectl.cli import complete
from posectl.stages.exporting import TARGETS


def test_a_model_goes_out_and_comes_back(trained, tmp_path):
    made = trained("export", "acai", "-o", "acai.safetensors", "--json").json
    assert made == {
        "path": "acai.safetensors",
        "to": "safetensors",
        "bytes": (tmp_path / "acai.safetensors").stat().st_size,
    }
    assert trained("import", "acai.safetensors", "--name", "back").out == "back:v1\n"
    assert "acai.safetensors" in trained("store", "show", "back").out
    lab = library.open(tmp_path / "artifacts", quiet=True)
    codes = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    np.testing.assert_array_equal(lab["back"].decode(codes), lab["acai"].decode(codes))
    assert "is this very run" in trained("import", "acai.safetensors", "--name", "back").err


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["acai", "-o", "m.xyz"], 2, "No target writes .xyz"),
        (["acai", "--to", "safetensor", "-o", "m.safetensors"], 2, "Did you mean 'safetensors'?"),
        (["acai", "--to", "onnx", "-o", "m.pt"], 2, "m.pt should end in .onnx"),
        (["poses", "-o", "m.safetensors"], 4, "poses is no model, and safetensors holds models."),
        (["nobody", "-o", "m.safetensors"], 3, "There is no artifact 'nobody'"),
        (["acai", "--weights", "best", "-o", "there.safetensors"], 7, "there.safetensors is there already."),
    ],
)
def test_what_cannot_be_exported_is_told_with_its_exit_code(trained, tmp_path, args, code, says):
    (tmp_path / "there.safetensors").write_text("kept")
    done = trained("export", *args)
    assert done.code == code
    assert says in done.err
    assert (tmp_path / "there.safetensors").read_text() == "kept"
    assert not list(tmp_path.glob("m.*"))


def test_force_overwrites(trained, tmp_path):
    (tmp_path / "m.safetensors").write_text("old")
    assert trained("export", "acai", "-o", "m.safetensors", "--force").code == 0
    assert (tmp_path / "m.safetensors").stat().st_size > 1000


def test_a_hub_folder_is_imported_as_it_is(trained, tmp_path):
    assert trained("export", "acai", "--to", "hf-folder", "-o", "hub").out == "hub\n"
    assert json.loads((tmp_path / "hub" / "config.json").read_text())["ref"] == "acai:v1"
    assert trained("import", "hub", "--name", "hubs").out == "hubs:v1\n"


def test_tab_offers_the_targets():
    assert complete.targets("s") == [name for name in TARGETS.names() if name.startswith("s")]
    assert "safetensors" in complete.targets("")


def test_the_model_in_the_box_is_a_ref_like_others(posectl, tmp_path):
    assert posectl("sample", "box", "-n", "3", "--name", "some", "-o", "some.npy").out == "some:v1\n"
    assert np.load(tmp_path / "some.npy").shape == (3, 17, 3)
    assert posectl("export", "box", "-o", "box.pt").out == "box.pt\n"
    refused = posectl("store", "rm", "box", "--yes")
    assert refused.code == 2
    assert "box:v1 comes with posectl, and does not lie in the store" in refused.err

"""Models in other programs' formats give what posectl's own give, every net; what cannot is refused by name."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from stages.models import CASES, MLP, POSE, drawn, publish

from posectl.core.objectives.aae_supervised import SupervisedAAE
from posectl.core.operations import RUN
from posectl.errors import ConflictError, InvalidInputError, PosectlError, UnavailableError, UsageError
from posectl.stages.artifacts.model import load_model
from posectl.stages.export import export
from posectl.stages.exporting.onnx_graph import NAMES
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run

SUFFIX = {"safetensors": ".safetensors", "onnx": ".onnx", "torch": ".pt", "hf-folder": ""}
# A process in which there is no posectl runs every folder on the codes and samples beside it.
ALONE = """
import runpy, sys
sys.modules["posectl"] = None
import numpy, torch
for folder in sys.argv[1:]:
    loaded = runpy.run_path(folder + "/load.py")
    for part, given in (("encode", "x"), ("decode", "z")):
        numpy.save(f"{folder}-{part}.npy", loaded[part](torch.from_numpy(numpy.load(f"{folder}-{given}.npy"))).numpy())
"""


def outputs(model, count=1000):
    """Codes and the samples that they decode to; samples and the codes that they encode to."""
    codes = model.draw(count, torch.Generator().manual_seed(5)).codes
    samples = model.decode(codes)
    return codes.numpy(), samples.numpy(), model.encode(samples).numpy()


def assert_close(found, wanted):
    assert found.shape == wanted.shape
    off = np.abs(found - wanted).reshape(len(wanted), -1).max(1) / max(1, np.abs(wanted).max())
    assert np.sort(off)[-1] <= 1e-5


@pytest.mark.parametrize("case", CASES)
def test_onnxruntime_gives_the_same_codes_and_samples(tmp_path, case):
    import onnxruntime

    run = Run(store=tmp_path / "artifacts", threads=1)
    publish(run, drawn(*CASES[case]))
    codes, samples, encoded = outputs(load_model(run, run.artifacts.get("model")))
    export(run, "model", tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    found = session.run(["encoded", "decoded"], {"samples": samples, "codes": codes})
    assert_close(found[0], encoded)
    assert_close(found[1], samples)


@pytest.mark.slow
def test_every_hub_folder_is_loaded_where_there_is_no_posectl(tmp_path):
    run = Run(store=tmp_path / "artifacts", threads=1)
    wanted = {}
    for case, given in CASES.items():
        publish(run, drawn(*given), case)
        codes, samples, encoded = outputs(load_model(run, run.artifacts.get(case)))
        export(run, case, tmp_path / case, "hf-folder")
        np.save(tmp_path / f"{case}-x.npy", samples)
        np.save(tmp_path / f"{case}-z.npy", codes)
        wanted[case] = encoded, samples
        assert len((tmp_path / case / "load.py").read_text().splitlines()) <= 20
    done = subprocess.run([sys.executable, "-c", ALONE, *(str(tmp_path / case) for case in CASES)], cwd=tmp_path,
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for case, (encoded, samples) in wanted.items():
        assert_close(np.load(tmp_path / f"{case}-encode.npy"), encoded)
        assert_close(np.load(tmp_path / f"{case}-decode.npy"), samples)


def test_the_loader_of_a_plain_model_of_poses_has_fifteen_lines(tmp_path):
    run = Run(store=tmp_path / "artifacts", threads=1)
    publish(run, drawn(*CASES["leaky_relu"]))
    export(run, "model", tmp_path / "m", "hf-folder")
    assert len((tmp_path / "m" / "load.py").read_text().splitlines()) == 15
    card = (tmp_path / "m" / "README.md").read_text()
    assert "Error of test samples: 30.00 mm" in card
    assert card.startswith("---\nlibrary_name: posectl\n")


@pytest.mark.parametrize("case", CASES)
def test_weights_are_written_to_the_bit_and_under_the_names_of_their_layers(tmp_path, case):
    from safetensors.numpy import load_file

    run = Run(store=tmp_path / "artifacts", threads=1)
    artifact = publish(run, drawn(*CASES[case]))
    export(run, "model", tmp_path / "m.safetensors")
    export(run, "model", tmp_path / "m.pt")
    safe, pickled = load_file(tmp_path / "m.safetensors"), torch.load(tmp_path / "m.pt", weights_only=True)
    for name, values in artifact.read_group("weights/last").items():
        np.testing.assert_array_equal(safe[name], values)
        np.testing.assert_array_equal(pickled["weights"][name].numpy(), values)


def test_a_decoder_worked_out_by_hand_from_the_file_is_the_models(tmp_path):
    from safetensors.numpy import load_file

    run = Run(store=tmp_path / "artifacts", threads=1)
    publish(run, drawn(*CASES["leaky_relu"]))
    codes, samples, _ = outputs(load_model(run, run.artifacts.get("model")), 20)
    export(run, "model", tmp_path / "m.safetensors")
    w = {name: values.astype(np.float64) for name, values in load_file(tmp_path / "m.safetensors").items()}
    x = codes.astype(np.float64)
    for layer in (0, 2, 4):
        x = x @ w[f"decoder.{layer}.matrix"] + w[f"decoder.{layer}.bias"]
        x = np.where(x > 0, x, 0.2 * x) if layer < 4 else x
    np.testing.assert_allclose(x.reshape(-1, 17, 3), samples, atol=1e-5)


def test_a_graph_of_the_decoder_alone_takes_codes_alone(tmp_path):
    import onnxruntime

    run = Run(store=tmp_path / "artifacts", threads=1)
    publish(run, drawn(*CASES["conv"]))
    codes, samples, _ = outputs(load_model(run, run.artifacts.get("model")), 7)
    export(run, "model", tmp_path / "d.onnx", options=ExportOptions(part="decoder"))
    session = onnxruntime.InferenceSession(str(tmp_path / "d.onnx"), providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_inputs()] == [NAMES["decoder"][0]]
    assert_close(session.run(None, {"codes": codes})[0], samples)


@pytest.mark.parametrize("to", SUFFIX)
def test_a_file_that_would_give_other_outputs_is_never_there(tmp_path, monkeypatch, to):
    run = Run(store=tmp_path / "artifacts", threads=1)
    publish(run, drawn(*CASES["leaky_relu"]))
    right = RUN["linear"]
    monkeypatch.setitem(RUN, "linear", lambda x, matrix, bias: right(x, matrix, bias) + 1e-3)
    if to == "onnx":
        from posectl.stages.exporting import onnx_graph

        monkeypatch.setitem(onnx_graph._NODES, "sphere", lambda g, x: g.node("Identity", x))
    with pytest.raises(PosectlError, match="gives other outputs"):
        export(run, "model", tmp_path / f"m{SUFFIX[to]}", to)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["artifacts"]


def test_a_code_that_is_looked_for_among_labels_is_refused_by_name(tmp_path):
    run = Run(store=tmp_path / "artifacts", threads=1)
    publish(run, drawn(MLP((1, 8, 8), 6, widths=(16,)), [SupervisedAAE(classes=3)], "normal"))
    with pytest.raises(UsageError, match="aae-supervised"):
        export(run, "model", tmp_path / "m.onnx")


@pytest.mark.parametrize(
    ("to", "module", "extra"),
    [("safetensors", "safetensors", "safetensors"), ("hf-folder", "safetensors", "safetensors"),
     ("onnx", "onnx", "onnx"), ("onnx", "onnxruntime", "onnx")],
)  # fmt: skip
def test_a_missing_extra_is_named(tmp_path, monkeypatch, to, module, extra):
    run = Run(store=tmp_path / "artifacts", threads=1)
    publish(run, drawn(*CASES["normal"]))
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, f"{module}.numpy", None)
    with pytest.raises(UnavailableError) as raised:
        export(run, "model", tmp_path / f"m{SUFFIX[to]}", to)
    assert module in raised.value.message
    assert raised.value.hint == f"Install the extra: pip install 'posectl[{extra}]'."
    assert not (tmp_path / f"m{SUFFIX[to]}").exists()


def test_a_folder_is_replaced_only_by_force_and_only_where_it_holds_nothing_else(tmp_path):
    run = Run(store=tmp_path / "artifacts", threads=1)
    publish(run, drawn(*CASES["normal"]))
    export(run, "model", tmp_path / "m", "hf-folder")
    with pytest.raises(ConflictError, match="is there already"):
        export(run, "model", tmp_path / "m", "hf-folder")
    forced = Run(store=tmp_path / "artifacts", threads=1, force=True)
    (tmp_path / "m" / "config.json").write_text("old")
    export(forced, "model", tmp_path / "m", "hf-folder")
    assert json.loads((tmp_path / "m" / "config.json").read_text())["latent"] == 8
    (tmp_path / "m" / "mine.txt").write_text("kept")
    with pytest.raises(ConflictError, match=r"mine\.txt"):
        export(forced, "model", tmp_path / "m", "hf-folder")
    assert (tmp_path / "m" / "mine.txt").read_text() == "kept"


def test_models_and_poses_go_to_targets_of_their_own(tmp_path):
    run = Run(store=tmp_path / "artifacts", threads=1)
    np.save(tmp_path / "p.npy", np.zeros((3, *POSE), np.float32))
    with pytest.raises(InvalidInputError, match="is no model, and onnx holds models"):
        export(run, str(tmp_path / "p.npy"), tmp_path / "m.onnx")
    with pytest.raises(UsageError, match="There is no export target 'onx'"):
        export(run, "model", tmp_path / "m.onnx", "onx")
    with pytest.raises(UsageError, match=r"No target writes \.xyz"):
        export(run, "model", tmp_path / "m.xyz")
    with pytest.raises(UsageError, match="does not end as any format's file") as raised:
        export(run, "model", tmp_path / "m")
    assert "hf-folder" in raised.value.hint

"""Weights from files are models that give what the program gave that wrote them."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import sys
import zipfile

import numpy as np
import pytest
import torch
from stages.models import CASES, drawn, publish
from torch import nn

from posectl.errors import InvalidInputError, NotFoundError, UnavailableError, UsageError
from posectl.stages.artifacts.model import load_model
from posectl.stages.export import export
from posectl.stages.import_ import import_
from posectl.stages.run import Run


@pytest.fixture
def run(tmp_path, told):
    return Run(store=tmp_path / "artifacts", threads=1, tell=told.append)


def imported(run, path, **options):
    return load_model(run, import_(run, path, **options).artifact)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("to", ["m.safetensors", "m.pt", "folder"])
def test_what_was_exported_comes_back_to_the_bit(run, tmp_path, case, to):
    artifact = publish(run, drawn(*CASES[case]))
    export(run, "model", tmp_path / to, "hf-folder" if to == "folder" else None)
    again = import_(Run(store=tmp_path / "elsewhere", threads=1), tmp_path / to).artifact
    wanted = artifact.read_group("weights/last")
    assert again.read_group("weights/last").keys() == wanted.keys()
    for name, values in again.read_group("weights/last").items():
        np.testing.assert_array_equal(values, wanted[name])
    assert again.name == "model"
    assert {key: entry["value"] for key, entry in again.config.items()}["digest"] == artifact.digest


def test_the_pose_reports_checkpoint_encodes_and_decodes_as_its_own_network(run, tmp_path, told):
    def layers(inputs, outputs):
        return [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.LeakyReLU(0.2), nn.Dropout(0.2)]

    torch.manual_seed(0)
    theirs = nn.ModuleDict({
        "encoder": nn.Sequential(*layers(51, 32), *layers(32, 24), nn.Linear(24, 8)),
        "decoder": nn.Sequential(*layers(8, 24), *layers(24, 32), nn.Linear(32, 51)),
    })  # fmt: skip
    for _ in range(3):  # running statistics of their own
        theirs["decoder"](theirs["encoder"](torch.randn(64, 51)))
    theirs.eval()
    optimiser = torch.optim.Adam(theirs.parameters())
    theirs["encoder"](torch.randn(4, 51)).sum().backward()
    optimiser.step()
    saved = {"AES_state_dict": theirs.state_dict(), "AES_state_dict_optim": optimiser.state_dict(), "epoch": 3}
    torch.save(saved, tmp_path / "ckpt.pth")

    model = imported(run, tmp_path / "ckpt.pth")
    assert any("unit sphere" in line for line in told)
    x = torch.randn(1000, 17, 3)
    with torch.no_grad():
        raw = theirs["encoder"](x.flatten(1))
        code = raw / raw.norm(dim=1, keepdim=True)
        torch.testing.assert_close(model.encode(x), code, atol=1e-5, rtol=0)
        torch.testing.assert_close(model.decode(code), theirs["decoder"](code).view(-1, 17, 3), atol=1e-5, rtol=0)
        plain = imported(run, tmp_path / "ckpt.pth", prior="normal")
        torch.testing.assert_close(plain.encode(x), raw, atol=1e-5, rtol=0)


def test_3d_aaes_two_files_are_one_model_of_clouds(run, tmp_path):
    torch.manual_seed(0)
    points, latent = 128, 16
    widths, dense, decoder = (3, 64, 128, 256, 256, 512), (512, 256), (latent, 64, 128, 512, 1024, 3 * points)

    def stack(kind, sizes, *rest):
        return [each for pair in itertools.pairwise(sizes) for each in (kind(*pair, *rest), nn.ReLU())][:-1]

    encoder = nn.ModuleDict({
        "conv": nn.Sequential(*stack(nn.Conv1d, widths, 1)), "fc": nn.Sequential(*stack(nn.Linear, dense), nn.ReLU()),
        "mu_layer": nn.Linear(256, latent), "std_layer": nn.Linear(256, latent),
    })  # fmt: skip
    generator = nn.ModuleDict({"model": nn.Sequential(*stack(nn.Linear, decoder))})
    torch.save(encoder.state_dict(), tmp_path / "00500_E.pth")
    with pytest.raises(NotFoundError, match="the other is not beside it"):
        import_(run, tmp_path / "00500_E.pth")
    torch.save(generator.state_dict(), tmp_path / "00500_G.pth")
    clouds, codes = torch.rand(50, points, 3), torch.randn(50, latent)
    for given in ("00500_E.pth", "00500_G.pth"):
        model = imported(run, tmp_path / given)
        with torch.no_grad():
            code = encoder["mu_layer"](encoder["fc"](encoder["conv"](clouds.mT).max(dim=2)[0]))
            cloud = generator["model"](codes).view(-1, 3, points).mT
        torch.testing.assert_close(model.encode(clouds), code, atol=1e-5, rtol=0)
        torch.testing.assert_close(model.decode(codes), cloud, atol=1e-5, rtol=0)


def test_pythaes_default_vae_takes_and_gives_images_of_minus_one_to_one(run, tmp_path, told):
    torch.manual_seed(0)
    features, latent = 28 * 28, 6
    state = {
        f"{name}.{key}": values
        for name, layer in {
            "encoder.layers.0.0": nn.Linear(features, 512), "encoder.embedding": nn.Linear(512, latent),
            "encoder.log_var": nn.Linear(512, latent), "decoder.layers.0.0": nn.Linear(latent, 512),
            "decoder.layers.1.0": nn.Linear(512, features),
        }.items()
        for key, values in layer.state_dict().items()
    }  # fmt: skip
    torch.save({"model_state_dict": state}, tmp_path / "model.pt")
    with pytest.raises(NotFoundError, match=r"no model_config\.json"):
        import_(run, tmp_path / "model.pt")
    (tmp_path / "model_config.json").write_text(
        json.dumps({"name": "VAEConfig", "input_dim": [1, 28, 28], "latent_dim": 6})
    )
    model = imported(run, tmp_path / "model.pt")
    assert any("variances are left out" in line for line in told)

    def linear(name, x):
        return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    unit, codes = torch.rand(100, 1, 28, 28), torch.randn(1000, latent)
    code = linear("encoder.embedding", linear("encoder.layers.0.0", unit.flatten(1)).relu())
    image = linear("decoder.layers.1.0", linear("decoder.layers.0.0", codes).relu()).sigmoid().view(-1, 1, 28, 28)
    torch.testing.assert_close(model.encode(2 * unit - 1), code, atol=1e-5, rtol=0)
    torch.testing.assert_close((model.decode(codes) + 1) / 2, image, atol=1e-5, rtol=0)


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_nothing_in_a_file_is_run(run, tmp_path):
    payload = Payload(tmp_path / "was-here")
    torch.save({"weights": payload}, tmp_path / "evil.pt")
    with pytest.raises(InvalidInputError, match=r"pickles '\w+\.system', which is not loaded"):
        import_(run, tmp_path / "evil.pt")
    (tmp_path / "evil.pth").write_bytes(pickle.dumps(payload))
    with pytest.raises(InvalidInputError, match="is a pickle, not a file of weights"):
        import_(run, tmp_path / "evil.pth")
    assert not (tmp_path / "was-here").exists()


def spoilt(run, tmp_path, change):
    """A .safetensors of a small model whose weights or description were changed."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    if not (tmp_path / "m.safetensors").exists():
        publish(run, drawn(*CASES["normal"]))
        export(run, "model", tmp_path / "m.safetensors")
    with safe_open(tmp_path / "m.safetensors", framework="numpy") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        config = json.loads(file.metadata()["posectl"])
    change(weights, config)
    save_file(weights, tmp_path / "s.safetensors", metadata={"posectl": json.dumps(config)} if config else None)
    return tmp_path / "s.safetensors"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w, c: w.update({"encoder.0.bias": np.zeros(23, np.float32)}),
         r"encoder\.0\.bias is \(23,\) and should be \(24,\)"),
        (lambda w, c: w.pop("decoder.2.matrix"), r"decoder\.2\.matrix is missing"),
        (lambda w, c: w.update({"decoder.7.matrix": np.zeros(3, np.float32)}), r"there is no decoder\.7\.matrix"),
        (lambda w, c: w["encoder.0.bias"].fill(np.nan), r"encoder\.0\.bias holds NaN"),
        (lambda w, c: c.clear(), "does not say of which model"),
        (lambda w, c: c["about"].update(net={"name": "mlp", "depth": 3}), "does not describe a model"),
        (lambda w, c: c["about"].update(net=7), "should be a dict"),
        (lambda w, c: c["about"].update(prior="round"), "does not describe a model"),
    ],
)  # fmt: skip
def test_weights_that_do_not_fit_say_which_and_how(run, tmp_path, change, message):
    with pytest.raises(InvalidInputError, match=message):
        import_(run, spoilt(run, tmp_path, change))


def test_damaged_files_of_either_format_are_told(run, tmp_path):
    publish(run, drawn(*CASES["normal"]))
    for name in ("m.safetensors", "m.pt"):
        export(run, "model", tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        for cut in (0, 5, 200, len(whole) // 2, len(whole) - 9):
            (tmp_path / f"cut-{name}").write_bytes(whole[:cut])
            with pytest.raises(InvalidInputError):
                import_(run, tmp_path / f"cut-{name}")
    (tmp_path / "page.safetensors").write_text("<!doctype html><html></html>")
    with pytest.raises(InvalidInputError, match="is an HTML page, not a file of safetensors"):
        import_(run, tmp_path / "page.safetensors")
    with pytest.raises(NotFoundError):
        import_(run, tmp_path / "none.safetensors")


def test_tensors_beyond_their_storage_are_damage(tmp_path, run):
    torch.save({"encoder.0.weight": torch.zeros(4, 3)}, tmp_path / "w.pt")
    with zipfile.ZipFile(tmp_path / "w.pt") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    storage = next(name for name in members if name.endswith("data/0"))
    with zipfile.ZipFile(tmp_path / "short.pt", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content[:8] if name == storage else content)
    with pytest.raises(InvalidInputError, match="damaged or truncated"):
        import_(run, tmp_path / "short.pt")


def test_other_layouts_and_priors_are_refused_by_what_they_hold(run, tmp_path):
    torch.save(nn.Sequential(nn.Conv2d(1, 2, 3)).state_dict(), tmp_path / "net.pt")
    with pytest.raises(InvalidInputError, match=r"holds 0\.weight, 0\.bias, and is of no layout that is known"):
        import_(run, tmp_path / "net.pt")
    with pytest.raises(UsageError, match="There is no prior 'spere'"):
        import_(run, tmp_path / "net.pt", prior="spere")


def test_safetensors_are_not_read_without_the_extra(run, tmp_path, monkeypatch):
    publish(run, drawn(*CASES["normal"]))
    export(run, "model", tmp_path / "m.safetensors")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(UnavailableError, match="safetensors is not installed"):
        import_(run, tmp_path / "m.safetensors")

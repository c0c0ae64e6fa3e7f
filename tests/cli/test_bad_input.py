"""Bad input: the right exit code, one sentence and a hint, and nothing half-written."""

import pickle
import subprocess
import sys

import numpy as np
import pytest


def refused(done, code, *words):
    """One error, one hint, no traceback, the exit code, and the words that matter."""
    assert done.code == code, done.err
    assert done.out == ""
    assert done.err.count("error:") == 1
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err
    return done


@pytest.fixture
def arrays(tmp_path, people):
    def save(name, array, **kwargs):
        np.save(tmp_path / name, array, **kwargs)
        return name

    return save


@pytest.mark.parametrize(
    ("array", "code", "word"),
    [
        (np.zeros((17, 3, 2, 2, 2), np.float32), 4, "shape"),
        (np.zeros((5, 16, 3), np.float32), 4, "16 joints"),
        (np.zeros((5, 17, 3), np.int32), 4, "int32"),
        (np.zeros((5, 17, 3), np.complex64), 4, "complex"),
        (np.full((5, 17, 3), np.nan, np.float32), 4, "NaN"),
        (np.zeros((0, 17, 3), np.float32), 4, "no poses"),
    ],
    ids=["rank", "joints", "ints", "complex", "nan", "empty"],
)
def test_arrays_that_are_no_poses(posectl, arrays, array, code, word):
    name = arrays("bad.npy", array)
    refused(posectl("prepare", "arrays", name), code, word, "hint:")
    refused(posectl("evaluate", name), code, word, "hint:")


def test_millimetres(posectl, arrays, people):
    refused(posectl("prepare", "arrays", arrays("mm.npy", people * 1000)), 4, "millimetres", "--unit mm")
    assert posectl("prepare", "arrays", "mm.npy", "--unit", "mm").code == 0


def test_missing_truncated_and_pickled_files(posectl, tmp_path, arrays, people):
    refused(posectl("prepare", "arrays", "nowhere.npy"), 3, "nowhere.npy")
    whole = (tmp_path / arrays("whole.npy", people)).read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[: len(whole) // 2])
    refused(posectl("prepare", "arrays", "cut.npy"), 4, "cut short")
    marker = tmp_path / "ran"

    class Payload:
        def __reduce__(self):
            return open, (str(marker), "w")

    np.save(tmp_path / "object.npy", np.array([Payload()], dtype=object), allow_pickle=True)
    (tmp_path / "raw.npy").write_bytes(pickle.dumps(Payload()))
    marker.unlink(missing_ok=True)
    for name in ("object.npy", "raw.npy"):
        refused(posectl("prepare", "arrays", name), 4, "pickled")
    assert not marker.exists()


def test_unknown_refs_are_told_with_what_there_is(trained):
    refused(trained("evaluate", "acia"), 3, "acia", "acai")
    refused(trained("evaluate", "acai:v9"), 3, "v9", "v1")
    refused(trained("evaluate", "acai:best"), 3, "best")
    refused(trained("interpolate", "poses#100000", "poses#1"), 3, "#0 to")
    refused(trained("interpolate", "poses", "poses#1"), 4, "poses#0")
    refused(trained("evaluate", "poses"), 4, "dataset")


def test_no_model_in_the_store(posectl, arrays, people):
    refused(posectl("interpolate", arrays("a.npy", people[0]), arrays("b.npy", people[9])), 3, "posectl train")


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("--reg", "acia", "--lam", "0.1"), "'acai'"),
        (("--reg", "acai", "--lam", "-0.1"), "negative"),
        (("--reg", "acai", "--lam", "nan"), "finite"),
        (("--reg", "acai", "--lam", "inf"), "finite"),
        (("--reg", "acai", "--reg", "none", "--lam", "0.1"), "2 regularizer(s) and 1 lambda(s)"),
        (("--reg", "acai", "--reg", "acai"), "twice"),
        (("--set", "acai.gamma=0.1"), "not used"),
        (("--reg", "acai", "--set", "acai.gama=0.1"), "'gamma'"),
        (("--reg", "acai", "--set", "gamma"), "not understood"),
        (("--lr", "nan"), "finite"),
        (("--lr", "0"), "positive"),
        (("--set", "mlp.activation=rely"), "'relu'"),
        (("--set", "mlp.widths=a,b"), "whole number"),
        (("--net", "mpl"), "'mlp'"),
        (("--steps", "0"), "steps"),
        (("--latent", "0"), "latent"),
    ],
)
def test_training_options_that_make_no_sense(trained, args, word):
    done = trained("train", "poses", *args)
    assert done.code == 2, done.err
    assert word in done.err
    assert trained("store", "ls", "--json").json[-1]["ref"] == "acai:v1"


def test_config_files(trained, tmp_path):
    def config(text):
        (tmp_path / "c.yaml").write_text(text)
        return trained("train", "poses", "--config", "c.yaml", "--steps", "5", "--json")

    refused(config("stepps: 3"), 2, "stepps", "'steps'")
    refused(config("latent: 3\nlatent: 4"), 4, "twice")
    refused(config("latent: [unclosed"), 4, "YAML")
    refused(config("- a\n- b"), 4, "by name")
    refused(trained("train", "--config", "none.yaml"), 3, "none.yaml")
    refused(config("train: 5"), 4, "'train' should hold options")
    made = config("latent: 3\nsteps: 1000\ntrain: {set: mlp.widths=8, betas: [0.8, 0.9]}\nevaluate: {k: 3}")
    assert made.code == 0, made.err
    shown = trained("store", "show", made.json["ref"], "--json").json["config"]
    assert shown["latent"] == {"value": 3, "source": "file"}
    assert shown["set"] == {"value": ["mlp.widths=8"], "source": "file"}
    assert shown["betas"] == {"value": [0.8, 0.9], "source": "file"}
    assert shown["steps"] == {"value": 5, "source": "flag"}
    assert shown["batch"]["source"] == "default"


@pytest.mark.parametrize(
    ("command", "old", "said"),
    [
        ("evaluate", "crowd", "`{}crowd` is called `{}recall-samples` now."),
        ("evaluate", "targets", "`{}targets` is called `{}recall-targets` now."),
        ("evaluate", "inits", "`{}inits` is called `{}kmeans-restarts` now."),
        ("evaluate", "walks", "`{}walks` is called `{}random-pairs` now."),
        ("evaluate", "walk-steps", "`{}walk-steps` is called `{}random-steps` now."),
        ("train", "widths", "mlp.widths=256,256"),
        ("train", "activation", "mlp.activation=relu"),
        ("sweep", "batch-norm", "mlp.batch_norm=true"),
        ("sweep", "depth", "conv.depth=16"),
        ("train", "latent-width", "conv.latent_width=2"),
    ],
)
def test_options_of_earlier_versions_are_told_by_their_names_of_now(posectl, tmp_path, command, old, said):
    refused(posectl(command, f"--{old}", "3"), 2, said.format("--", "--"), "hint:")
    (tmp_path / "c.yaml").write_text(f"{command}: {{{old}: 3}}")
    refused(posectl(command, "--config", "c.yaml"), 2, said.format("", ""), "hint:")
    if old != "targets":  # which `fit` has, so that at the top of a file it is meant for that
        (tmp_path / "c.yaml").write_text(f"{old.replace('-', '_')}: 3")
        refused(posectl(command, "--config", "c.yaml"), 2, said.format("", ""), "hint:")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("trian",), ("`posectl` has no command 'trian'", "'train'")),
        (("store", "lss"), ("`posectl store` has no command 'lss'", "'ls'")),
        (("train", "--stepps", "3"), ("`posectl train` has no option '--stepps'", "'--steps'")),
        (("--frce",), ("`posectl` has no option '--frce'", "posectl --help")),
        (("train", "--steps", "many"), ("--steps 'many' is not a whole number.", "posectl train --help")),
        (("train", "--steps", "1.5"), ("--steps '1.5' is not a whole number.", "posectl train --help")),
        (("train", "--lr", "fast"), ("--lr 'fast' is not a number.", "posectl train --help")),
        (("prepare", "lines", "--validation", "10%"), ("'10%' is not a number.", "In fractions 10% is 0.1.")),
        (("compare", "--published", "d9"), ("'d9' is not one of 'd8', 'd16', 'lines'",)),
        (("render",), ("SUBJECT", "posectl render --help")),
    ],
)
def test_a_wrong_command_line_is_told_the_nearest_right_one(posectl, args, words):
    refused(posectl(*args), 2, *words, "hint:")


def test_endpoints_that_have_no_path_between_them(trained, arrays, people):
    same = arrays("a.npy", people[0])
    refused(trained("interpolate", same, same), 4, "same sample")
    refused(trained("interpolate", same, arrays("b.npy", people[9]), "--steps", "1"), 2, "at least 2")
    refused(
        trained("interpolate", arrays("three.npy", people[:3]), arrays("two.npy", people[3:5])), 4, "3 samples", "2"
    )


def test_antipodal_endpoints(trained, tmp_path, arrays):
    # Search the network for two inputs with opposite codes, by gradient: a poor man's adversary.
    import torch

    from posectl.stages.artifacts.model import load_model
    from posectl.stages.run import Run

    run = Run(store=tmp_path / "artifacts")
    model = load_model(run, run.artifacts.get("acai"))
    poses = torch.from_numpy(run.artifacts.get("poses").read("samples"))
    start, target = poses[:1], -model.encode(poses[:1])
    other = poses[100:101].clone().requires_grad_()  # at `start` itself the gradient is zero: it is the other pole
    optimizer = torch.optim.Adam([other], 0.01)
    for _ in range(3000):
        code = model.prior.project(model.encoder(other[None])[0])
        loss = (code - target).square().sum()
        optimizer.zero_grad()
        loss.backward()
        other.grad[:, 0] = 0
        optimizer.step()
        if loss.item() < 1e-8:
            break
    assert loss.item() < 1e-6
    a, b = arrays("a.npy", start[0].numpy()), arrays("b.npy", other[0].detach().numpy())
    refused(trained("interpolate", a, b), 4, "antipodal", "circle")
    assert trained("interpolate", a, b, "--path", "circle", "--steps", "5").code == 0


def test_devices(posectl):
    import torch

    if not torch.cuda.is_available():
        refused(posectl("train", "--device", "cuda"), 6, "CUDA")
    refused(posectl("train", "--device", "tpu"), 2, "tpu")


def test_a_model_meets_data_of_another_shape(trained, arrays, people):
    refused(trained("interpolate", arrays("a.npy", people[:3, :5]), arrays("b.npy", people[4:7])), 4, "joints")


def test_interrupted_output_leaves_quietly(trained, tmp_path):
    # A pipe whose reader is gone before anything is written.
    script = f"{sys.executable} -m posectl store show acai --json 2> err | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout == "141\n"
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--lam", "0.3"), ("--lam 0.3 weighs a regularizer, and none is named", "--reg acai --lam 0.3")),
        (("--price", "1.1"), ("--price 1.1 is what the recipe may cost", "--reg posectl")),
        (("--reg", "posectl", "--price", "0.9"), ("at least 1, and 0.9 is not", "--price 1.03")),
        (("--reg", "posectl", "--price", "nan"), ("at least 1, and nan is not", "--price 1.03")),
        (("--reg", "posectl", "--price", "1.1", "--lam", "0.2"), ("--lam tells them", "Leave --lam out, or --price")),
        (("--reg", "acai", "--lam", "0,0.1"), ("--lam 0,0.1 is a list", "`posectl sweep` trains one for each")),
        (("--latent", "8,16"), ("--latent 8,16 is a list", "posectl sweep")),
        (("--latent", "eight"), ("--latent 'eight' is not a whole number",)),
        (("--latent", "0"), ("--latent must be at least 1",)),
        (("--reg", "acai,cycle"), ("several regularizers in one", "--reg acai --reg cycle")),
        (("--reg", "acai+cycle"), ("several regularizers in one", "--reg acai --reg cycle")),
        (("--reg", "acai,cicle"), ("no regularizer 'acai,cicle'",)),
        (("--reg", "ACAI"), ("no regularizer 'ACAI'", "Did you mean 'acai'?")),
        (("--reg", "Beta_VAE"), ("no regularizer 'Beta_VAE'", "Did you mean 'beta-vae'?")),
        (("--learning_rate", "0.1"), ("`--learning-rate` is called `--lr` here", "--lr 0.001")),
        (("--evaluate_every", "5"), ("no option '--evaluate_every'", "Did you mean '--evaluate-every'?")),
        (("--num_epochs", "5"), ("Steps are counted here", "--steps N")),
        (("--n-steps", "5"), ("`--n-steps` is called `--steps` here", "--steps 20000")),
        (("--hidden", "64"), ("`--hidden` is called `--set` here", "--set mlp.widths=256,256")),
        (("--learning-rate", "0.1"), ("`--learning-rate` is called `--lr` here", "--lr 0.001")),
        (("--batch-size", "32"), ("`--batch-size` is called `--batch` here", "--batch 64")),
        (("--epochs", "3"), ("Steps are counted", "An epoch is as many steps", "--steps N")),
        (("--seeds", "3"), ("no option '--seeds'", "`posectl sweep`")),
        (("--zip",), ("no option '--zip'", "`posectl sweep` has it")),
    ],
)
def test_what_users_of_other_tools_write_is_told_in_our_words(trained, args, words):
    refused(trained("train", "poses", *args), 2, *words, "hint:")


def test_a_sweep_over_weights_of_nothing_is_refused_and_a_weight_of_zero_is_not(trained):
    refused(trained("sweep", "poses", "--lam", "0,0.1"), 2, "--lam 0.1 weighs a regularizer", "hint:")
    assert trained("train", "poses", "--lam", 0, "--steps", 2, "--set", "mlp.widths=8").code == 0


def test_the_library_says_it_too(tmp_path):
    import posectl as library
    from posectl.errors import UsageError

    lab = library.open(tmp_path / "artifacts", quiet=True)
    with pytest.raises(UsageError, match="weighs a regularizer"):
        lab.train(lam=0.3)
    with pytest.raises(UsageError, match="no option 'learning_rate'") as caught:
        lab.train(learning_rate=0.1)
    assert caught.value.hint == "Here it is lr=0.001."
    assert not (tmp_path / "artifacts").exists()

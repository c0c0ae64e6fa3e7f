"""Commands chained as scripts chain them: refs on stdout, everything else on stderr."""

import subprocess
import sys

import numpy as np
import pytest

SMALL = "--endpoints 8 --steps 10 --random-pairs 20 --samples 50 --recall-samples 100 --recall-targets 50".split()

AS_BEFORE = "train poses --reg acai --lam 0.1 --steps 20 --set mlp.widths=16 --name acai".split()


def test_the_first_commands_of_a_new_user_in_an_empty_folder(posectl, tmp_path, people):
    np.save(tmp_path / "a.npy", people[3])
    np.save(tmp_path / "b.npy", people[200])
    trained = posectl("train", "--reg", "acai", "--lam", "0.3", "--steps", "30")
    assert trained.out == "mannequin-acai:v1\n"
    assert "mannequin" in trained.err
    path = posectl("interpolate", "a.npy", "b.npy", "--steps", "100")
    assert path.out == "mannequin-acai-paths:v1\n"
    from posectl.store import Store

    artifact = Store(tmp_path / "artifacts").get("acai-paths")
    assert artifact.read("paths").shape == (1, 100, 17, 3)
    np.testing.assert_array_equal(artifact.read("ends")[0], people[[3, 200]])
    np.testing.assert_allclose(artifact.read("alpha"), np.linspace(0, 1, 100), atol=1e-7)


def test_a_path_of_a_model_begins_and_ends_at_the_reconstructions_of_its_ends(trained, tmp_path):
    from posectl.stages.artifacts.model import load_model
    from posectl.stages.run import Run

    result = trained("interpolate", "poses#3", "poses#200", "--steps", "7", "--json").json
    assert (result["ref"], result["kind"], result["parents"]) == ("acai-paths:v1", "paths", ["acai:v1"])
    import torch

    run = Run(store=tmp_path / "artifacts")
    model = load_model(run, run.artifacts.get("acai"))
    ends = run.artifacts.get("poses").read("samples")[[3, 200]]
    expected = model.reconstruct(torch.from_numpy(ends)).numpy()
    paths = run.artifacts.get(result["ref"]).read("paths")
    np.testing.assert_allclose(paths[0, [0, -1]], expected, atol=1e-5)


def test_shell_script_of_five_lines(trained, tmp_path):
    script = f"""set -e
posectl() {{ {sys.executable} -m posectl "$@" 2>/dev/null; }}
m=$(posectl train poses --reg acai --lam 0.3 --steps 10 --set mlp.widths=16)
p=$(posectl interpolate poses#1 poses#99 --model "$m" --steps 12)
posectl render "$p" -o x.gif
"""
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "x.gif", done.stderr
    from PIL import Image

    with Image.open(tmp_path / "x.gif") as gif:
        durations = []
        for i in range(gif.n_frames):
            gif.seek(i)
            durations.append(gif.info["duration"])
    assert sum(durations) == 12 * 40  # 12 frames at 25 a second, whether or not equal ones were merged


def test_the_same_run_again_is_the_artifact_that_is_there(trained):
    again = trained(*AS_BEFORE)
    assert again.out == "acai:v1\n"
    assert "this very run" in again.err
    forced = trained(*AS_BEFORE, "--force", "--json").json
    first = trained("store", "show", "acai:v1", "--json").json
    assert forced["ref"] == "acai:v2"
    assert forced["digest"] == first["digest"]


def test_another_seed_is_another_run(trained):
    assert trained(*AS_BEFORE, "--seed", "1").out == "acai:v2\n"


def test_evaluate_then_compare(trained):
    scored = trained("evaluate", "acai", *SMALL, "--json")
    scores = scored.json["scores"]
    assert set(scores) == {
        "anci", "bone_length_error", "convexity", "distances", "mean_distance", "monotonicity", "path_length_ratio",
        "prdc", "precision_distance", "prior_mmd", "recall_distance", "reconstruction_mpjpe", "smoothness_ratio",
        "speed_peak",
    }  # fmt: skip
    for name in ("mean_distance", "anci", "recall_distance"):
        assert {"mean", "variance", "std", "median", "unit"} <= set(scores[name])
        assert scores[name]["std"] == pytest.approx(scores[name]["variance"] ** 0.5)
    assert scored.json["protocol"]["paths"] == 28
    table = trained("compare", scored.json["ref"], "--format", "csv").out.splitlines()
    anci = next(line for line in table if ",anci," in line).split(",")
    assert str(scores["anci"]["mean"]) in anci
    assert "λ=0.1" in trained("compare").out


def test_published_figures_stand_beside(trained):
    trained("evaluate", "acai", *SMALL)
    table = trained("compare", "acai", "--published", "d8", "--json").json
    published = table["columns"][-1]
    assert published["label"] == "Table I d8 λ=0.1"
    assert published["scores"]["smoothness_ratio"]["mean"] == 4.98
    assert published["scores"]["smoothness_ratio"]["variance"] == 8.85


def test_dash_reads_an_array_from_standard_input(trained, tmp_path, people):
    import io

    buffer = io.BytesIO()
    np.save(buffer, people[5])
    np.save(tmp_path / "b.npy", people[100])
    done = trained("interpolate", "-", "b.npy", "--steps", "5", stdin=buffer.getvalue())
    assert done.code == 0, done.err


def test_arrays_can_be_written_beside_and_piped(trained, tmp_path):
    from posectl.store import Store

    done = trained("sample", "acai", "-n", "7", "-o", "draws.npy")
    stored = Store(tmp_path / "artifacts").get(done.out.strip()).read("samples")
    np.testing.assert_array_equal(np.load(tmp_path / "draws.npy"), stored)
    script = f"{sys.executable} -m posectl sample acai -n 7 -o - | cmp - draws.npy"
    piped = subprocess.run(["bash", "-o", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, timeout=60)
    assert piped.returncode == 0, piped
    again = trained("sample", "acai", "-n", "7", "-o", "draws.npy")
    assert (again.code, "is there already" in again.err) == (7, True)


def test_pictures_are_written(trained, tmp_path):
    from PIL import Image

    path = trained("interpolate", "poses#1", "poses#150", "--steps", "10").out.strip()
    scores = trained("evaluate", "acai", *SMALL).out.strip()
    for name, args in {
        "sheet.png": ("render", path),
        "people.png": ("render", "poses", "--most", "2", "--columns", "4"),
        "curves.png": ("plot", scores),
        "path.png": ("plot", f"{path}#0"),
        "training.png": ("plot", "acai"),
    }.items():
        done = trained(*args, "-o", name)
        assert done.out == f"{name}\n", done.err
        with Image.open(tmp_path / name) as image:
            assert min(image.size) > 100
            assert len(image.convert("RGB").getcolors(1 << 24)) > 5
    again = trained("plot", "acai", "-o", "training.png")
    assert (again.code, "is there already" in again.err) == (7, True)


@pytest.mark.slow
def test_every_command_works_in_a_process_of_its_own(posectl_process, tmp_path):
    small = (*SMALL, "--metric", "anci,reconstruction_mpjpe")
    for out, *args in (
        ("people:v1", "prepare", "mannequin", "--subjects", 3, "--seconds", 0.5, "--name", "people"),
        ("people-acai:v1", "train", "people", "--reg", "acai", "--steps", 20, "--set", "mlp.widths=16"),
        ("people-plain-sweep:v1", "sweep", "people", "--latent", "3,4", "--steps", 10, "--set", "mlp.widths=16"),
        ("people-acai-paths:v1", "interpolate", "people#1", "people#9", "--model", "acai", "--steps", 5),
        ("people-acai-samples:v1", "sample", "acai", "-n", 3),
        ("people-acai-scores:v1", "evaluate", "acai", *small),
        ("table.md", "compare", "acai-scores", "-o", "table.md"),
        ("path.gif", "render", "acai-paths", "-o", "path.gif"),
        ("losses.svg", "plot", "acai", "-o", "losses.svg"),
        ("all is as published", "store", "verify"),
    ):
        done = posectl_process(*args)
        assert (done.code, done.out) == (0, f"{out}\n"), done.err
    assert (tmp_path / "path.gif").read_bytes().startswith(b"GIF8")
    assert (tmp_path / "losses.svg").read_bytes().startswith(b"<?xml")
    assert "anci" in (tmp_path / "table.md").read_text()
    assert posectl_process("doctor").code == 0
    shown = posectl_process("demo", "--steps", 100, "-o", "shown")
    assert shown.code == 0, shown.err
    assert sorted(path.name for path in (tmp_path / "shown").iterdir()) == [
        "comparison.md", "explore.html", "paths.gif", "report.html", "training.png", "transitions.png",
    ]  # fmt: skip

"""The same work is found again: what counts of the code, and what does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import posectl
from posectl.stages import identity
from posectl.stages.options import TrainOptions
from posectl.stages.run import Run
from posectl.stages.train import train

PACKAGE = Path(posectl.__file__).parent

SMALL = {"steps": 3, "batch": 4, "latent": 3, "set": ("mlp.widths=8",)}
WORK = {
    "mannequin": 'lab.prepare("mannequin", subjects=2, seconds=0.3)',
    "lines": 'lab.prepare("lines", size=16, train_count=16, test_count=8, endless=False)',
    "acai": f'lab.train("mannequin", reg="acai", **{SMALL!r})',
    "cycle": f'lab.train("mannequin", reg="cycle", **{SMALL!r})',
    "vae": 'lab.train("lines", reg="vae", steps=2, batch=4, latent=4, set="conv.depth=2")',
    "acai-paths": 'lab.interpolate("mannequin#0", "mannequin#9", model="acai", steps=4)',
    "acai-samples": 'lab.sample("acai", 4)',
    "acai-scores": 'lab.evaluate("acai", metrics="anci", endpoints=3, steps=4)',
    "cycle-scores": 'lab.evaluate("cycle", metrics="precision_distance", samples=9)',
    "vae-scores": 'lab.evaluate("vae", random_pairs=3, metrics="smoothness,alpha_mse".split(","), intervals=2)',
    "acai-sweep": f'lab.sweep("mannequin", reg="acai", lam=[0, 0.1], **{SMALL!r})',
}
"""Name of an artifact -> what makes it."""

SCRIPT = """
import json, sys
import posectl
lab = posectl.open(sys.argv[1], quiet=True)
"""

SPY = """
from posectl.stages import identity, run
keys, original = {}, identity.key_of
def spy(work, stage, modules=()):
    keys.setdefault(stage, []).append(sorted(set(modules)))
    return original(work, stage, modules)
identity.key_of = run.key_of = spy
"""


def ran(store: Path, code: str, package: Path = PACKAGE, after: str = "") -> str:
    """The last line that a process prints which does some work with this copy of posectl."""
    done = subprocess.run(
        [sys.executable, "-c", f"{SCRIPT}\n{code}\n{after}", str(store)], cwd=package.parent,
        env={**os.environ, "PYTHONPATH": str(package.parent)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """A store with the artifacts of WORK."""
    store = tmp_path_factory.mktemp("identity") / "artifacts"
    ran(store, "\n".join(WORK.values()))
    return store


SQUARED = "return mean_over_batch(guess.square())"  # of the term of ACAI


def verb(name: str) -> str:
    return WORK[name].partition("(")[0].removeprefix("lab.")


@pytest.mark.slow
@pytest.mark.parametrize("name", WORK)
def test_the_code_that_counts_is_the_code_that_is_executed(name, store, tmp_path):
    """Held against the modules that a process of its own imports for the work."""
    shutil.copytree(store, tmp_path / "artifacts")
    made = {each.name for each in (tmp_path / "artifacts").iterdir()}
    shutil.rmtree(tmp_path / "artifacts" / (made & {name, f"mannequin-{name}", f"lines-{name}"}).pop())
    after = f"print(json.dumps([keys[{verb(name)!r}][0], sorted(sys.modules)]))"
    modules, loaded = json.loads(ran(tmp_path / "artifacts", f"{SPY}\n{WORK[name]}", after=after))
    counting = ("posectl.core", "posectl.data", "posectl.stages")
    executed = {m for m in loaded if ".".join(m.split(".")[:2]) in counting}
    # The library itself imports these to speak of artifacts; they compute nothing of this work.
    library = set(
        json.loads(
            ran(tmp_path / "none", "from posectl.api import lab", after="print(json.dumps(sorted(sys.modules)))")
        )
    )
    counted = identity.code_of(verb(name), modules)
    assert executed - library <= counted
    # The compiled searches are imported where a reference is large enough for them, and for clouds.
    of_clouds = (
        "posectl.core.metrics.cloud_kernel",
        "posectl.core.metrics.cloud_assignment",
        "posectl.core.clouds.kernel",
    )
    compiled = ("posectl.core.nearest", *of_clouds)
    assert {m for m in counted - executed if not m.startswith(compiled)} == set()


@pytest.fixture
def edited(tmp_path):
    """A copy of posectl to edit, and the digests of code by it."""

    class Copy:
        package = tmp_path / "copy" / "posectl"

        def __init__(self) -> None:
            shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))

        def edit(self, module: str, old: str, new: str) -> None:
            path = self.package.joinpath(*module.split(".")).with_suffix(".py")
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new, 1), encoding="utf-8")

        def remade(self, store: Path, *names: str) -> set[str]:
            """Those of the artifacts that this code would make anew."""
            shutil.copytree(store, tmp_path / "again", dirs_exist_ok=True)
            code = "\n".join(f"made[{name!r}] = not {WORK[name]}.reused" for name in names or WORK)
            out = ran(tmp_path / "again", f"made = {{}}\n{code}", self.package, "print(json.dumps(made))")
            return {name for name, anew in json.loads(out).items() if anew}

    return Copy()


def test_docstrings_comments_and_formatting_keep_every_artifact(edited, store):
    edited.edit("core.objectives.acai", '"""ACAI: a critic guesses', '"""ACAI, in other words: a critic guesses')
    edited.edit(
        "core.objectives.acai", SQUARED, "# squared\n        return (mean_over_batch(\n            guess.square()))"
    )
    edited.edit("stages.run", '"""The context of a stage:', '"""Context of a stage:')
    edited.edit("core.training.loop", '"""The training loop', '"""A training loop')
    edited.edit("data.readers.mannequin", '"""A procedural', '"""Some procedural')
    assert edited.remade(store) == set()


def test_another_acai_makes_new_what_is_trained_with_it_and_what_follows(edited, store):
    edited.edit("core.objectives.acai", SQUARED, "return mean_over_batch(2 * guess.square())")
    assert edited.remade(store) == {"acai", "acai-paths", "acai-samples", "acai-scores", "acai-sweep"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "anew"),
    [
        ("core.metrics.anci", {"acai-scores"}),
        ("core.metrics.precision_distance", {"cycle-scores"}),
        ("core.nets.conv", {"vae", "vae-scores"}),
        ("data.readers.lines", {"lines"}),
        ("data.checks.images", {"lines"}),
        ("stages.sample", {"acai-samples"}),
        ("store.diff", set()),
        ("render.scene", set()),
        ("data.mocap.bvh", set()),
    ],
)
def test_a_changed_module_makes_new_what_executes_it(edited, store, module, anew):
    """Of a dataset that is read anew the samples are the same, so what was trained on it is found."""
    edited.edit(module, "from __future__ import annotations\n", "from __future__ import annotations\nSPARE = 1\n")
    assert edited.remade(store) == anew


def test_joint_maps_count_for_motion_capture_and_for_nothing_else(edited):
    before = {
        source: identity.code_digest("prepare", frozenset([f"posectl.data.readers.{source}"]))
        for source in ("mocap", "arrays")
    }
    path = edited.package / "data" / "mocap" / "maps" / "mixamo.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("LeftFoot", "LeftAnkle"), encoding="utf-8")
    code = "from posectl.stages.identity import code_digest\n" + "\n".join(
        f"print(code_digest('prepare', frozenset(['posectl.data.readers.{source}'])) == {digest!r})"
        for source, digest in before.items()
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=edited.package.parent, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(edited.package.parent)},
    )  # fmt: skip
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_the_same_work_by_other_code_is_named_and_reused_on_request(edited, store, tmp_path):
    edited.edit("core.objectives.acai", SQUARED, "return mean_over_batch(2 * guess.square())")
    shutil.copytree(store, tmp_path / "artifacts")
    code = (
        "said = []\nfrom dataclasses import replace\nfrom posectl.api.lab import Lab\n"
        f"lab = Lab(replace(lab.run, reuse=REUSE, tell=said.append))\nref = {WORK['acai']}.ref"
    )
    after = "print(json.dumps([ref, said]))"
    ref, said = json.loads(ran(tmp_path / "artifacts", code.replace("REUSE", "True"), edited.package, after))
    assert ref == "mannequin-acai:v1"
    assert said == ["mannequin-acai:v1 is the same work by other code, and is taken."]
    ref, said = json.loads(ran(tmp_path / "artifacts", code.replace("REUSE", "False"), edited.package, after))
    assert ref == "mannequin-acai:v2"
    assert said == ["mannequin-acai:v1 is the same work by other code; --reuse takes it."]


def test_settings_that_say_the_same_are_the_same_work(tmp_path):
    """Net, objectives and prior count as they are resolved, however they were asked for; checkpoints do not count."""
    run = Run(store=tmp_path / "artifacts")
    options = TrainOptions(reg=("acai",), **SMALL)
    first = train(run, None, options)
    other = TrainOptions(
        reg=("acai",), lam=(0.5,), prior="sphere", net="mlp", checkpoint_every=2,
        **{**SMALL, "set": ("acai.gamma=0.2", "mlp.widths=8", "mlp.activation=leaky_relu")},
    )  # fmt: skip
    assert train(run, None, other).ref == first.ref
    assert train(run, None, TrainOptions(reg=("acai",), lam=(0.4,), **SMALL)).ref != first.ref

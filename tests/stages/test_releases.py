"""A store that an earlier release filled, by its own commands, serves today's stages as what they made themselves."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import posectl
from posectl.api.lab import Lab
from posectl.store.migrations import migrate

RELEASES = Path(__file__).parent / "releases"
SIZES = {"endpoints": 4, "random_pairs": 8, "samples": 20, "recall_samples": 30, "recall_targets": 12, "k": 2}
ACAI = {"reg": "acai", "steps": 6, "batch": 4, "latent": 3, "set": "mlp.widths=8", "evaluate_every": 3, "snapshots": 2}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """The store that 0.1.0 filled: poses, acai, vae, acai-paths, acai-samples, a sweep `sw`, pole, and their scores."""
    with zipfile.ZipFile(RELEASES / "0.1.0.zip") as packed:
        packed.extractall(tmp_path)
    return posectl.open(tmp_path / "artifacts", quiet=True)


def test_it_is_whole(lab: Lab) -> None:
    assert lab.store.verify(level=4) == []
    assert {a.kind for a in lab.artifacts()} == {"dataset", "model", "paths", "samples", "scores", "sweep"}


@pytest.mark.parametrize(
    ("subject", "options", "scores"),
    [
        ("acai", SIZES, "acai-scores"),
        ("vae", {**SIZES, "sample_posterior": True}, "vae-scores"),
        ("light", {"random_pairs": 6, "random_steps": 4, "intervals": 3, "interval": 80.0}, "light-scores"),
    ],
)
def test_its_models_score_what_they_scored(lab: Lab, subject: str, options: dict, scores: str) -> None:
    old = lab[scores]
    new = lab.evaluate(lab[subject], **options)
    assert new.ref == f"{scores}:v2"
    assert old.protocol == new.protocol
    assert set(old) <= set(new)  # what was not measured then may be today
    for metric, score in old.items():
        # float32 rounds in another way on every processor, numbers about 1 by 6e-8, and so their spread. A model of six
        # steps hardly moves, and the smoothness ratio divides by how far it does.
        rounding = 1e-3 if metric == "smoothness_ratio" else 2e-7
        assert_close(new[metric], score, rounding)


def test_of_its_clustering_the_runs_are_named_as_today(lab: Lab) -> None:
    """0.1.0 called them `inits`, in the protocol and in the score."""
    scores = {"clustering_accuracy": {"mean": 0.5, "inits": 4}}
    with lab.store.draft("scores", "clusters") as draft:
        draft.record(summary={"protocol": {"inits": 4, "interval": 80.0}, "scores": scores}, about={"kind": "images"})
        draft.record(config={key: {"value": 80.0, "source": "default"} for key in ("interval", "inits")})
        old = draft.publish()
    migrated = migrate({**old.sealed, "kind_version": 1}, old.ref)
    assert migrated["summary"]["scores"]["clustering_accuracy"] == {"mean": 0.5, "restarts": 4}
    assert migrated["summary"]["protocol"] == {"kmeans_restarts": 4, "interval": 80.0, "retrieval_interval": 80.0}
    assert migrated["config"]["interval"]["value"] == 80.0  # of poses it is the default of today


def assert_close(new: Mapping[str, Any], old: Mapping[str, Any], rounding: float) -> None:
    for key, value in old.items():
        if isinstance(value, Mapping):
            assert_close(new[key], value, rounding)
        else:
            close = pytest.approx(value, rel=1e-4, abs=rounding) if isinstance(value, float) else value
            assert new[key] == close, key


def test_its_work_is_known_again_and_taken_on_request(lab: Lab) -> None:
    said: list[str] = []
    taking = Lab(replace(lab.run, reuse=True, tell=said.append))
    assert taking.train("poses", **ACAI).ref == "acai:v1"
    assert taking.interpolate("poses#0", "poses#20", model="acai", steps=5).ref == "acai-paths:v1"
    assert taking.sample("acai", 8).ref == "acai-samples:v1"
    assert taking.evaluate("acai", **SIZES).ref == "acai-scores:v1"
    swept = taking.sweep("poses", reg="acai", lam=[0, 0.1], latent=3, steps=4, batch=4, set="mlp.widths=8", name="sw")
    assert swept.ref == "sw:v1"
    assert said == [f"{ref}:v1 is the same work by other code, and is taken." for ref in
                    ("acai", "acai-paths", "acai-samples", "acai-scores", "sw")]  # fmt: skip


def test_its_work_is_named_where_it_is_done_again(lab: Lab) -> None:
    said: list[str] = []
    assert Lab(replace(lab.run, tell=said.append)).train("poses", name="acai", **ACAI).ref == "acai:v2"
    assert "acai:v1 is the same work by other code; --reuse takes it." in said


def test_its_codes_decode_to_its_paths_and_samples(lab: Lab) -> None:
    model = lab["acai"]
    np.testing.assert_allclose(
        model.interpolate(*lab["poses"].samples[[0, 20]], steps=5), lab["acai-paths"].array[0], atol=1e-6
    )
    np.testing.assert_allclose(model.sample(8, seed=0), lab["acai-samples"].array, atol=1e-6)


def test_its_best_weights_are_read_and_said_to_be_chosen_by_the_test_error(lab: Lab) -> None:
    said: list[str] = []
    Lab(replace(lab.run, tell=said.append)).sample("acai", 3, weights="best", name="by-best")
    assert "acai:v1 has best weights that were chosen by the test error." in said
    held = lab.store.get("acai").read_group("weights/best")
    assert held.keys() == lab.store.get("acai").read_group("weights/last").keys()


def test_its_artifacts_are_drawn_compared_and_upgraded(lab: Lab, tmp_path: Path) -> None:
    assert lab.render("acai-paths", size=96).frames == 5
    assert lab.plot("sw").get_label() == "sweep"
    assert lab.compare(["acai", "vae"]).warnings == []
    upgraded = lab.store.upgrade("acai-scores")
    assert [new.manifest["config"]["recall_samples"]["value"] for _, new in upgraded] == [30]


def test_its_scores_beside_todays_differ_in_nothing_but_what_changed(lab: Lab) -> None:
    poses = lab.evaluate("acai", **SIZES)
    assert lab.compare(["acai-scores:v1", poses]).warnings == []
    light = lab.evaluate("light", random_pairs=6, random_steps=4, intervals=3)
    assert lab.compare(["light-scores:v1", light]).warnings == ["The scores differ in retrieval_interval: 70.0, 80.0."]

"""The scores that stand for a model, and how their columns are headed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posectl.errors import InvalidInputError
from posectl.stages.compare import compare
from posectl.stages.run import Run
from posectl.store import Artifact

SCORE = {"variance": 0.04, "std": 0.2, "median": 1.0, "undefined": 0, "unit": "1"}
SETTINGS = {"steps": 20, "reg": ["none"]}


class Bench:
    """A store in which models and scores are put down, without training any; and what was compared of it."""

    def __init__(self, folder: Path) -> None:
        self.run = Run(store=folder / "artifacts")
        self.sets = {name: self._publish("dataset", name, about={"kind": "poses"}) for name in ("poses", "others")}

    def model(self, name: str, seed: int = 0, about: dict[str, Any] | None = None, **settings: Any) -> Artifact:
        return self._publish(
            "model",
            name,
            about={"net": {"name": "mlp", "latent": 8}, "prior": "sphere", "objectives": [], **(about or {})},
            parents=[("dataset", self.sets["poses"])],
            config={key: {"value": value, "source": "flag"} for key, value in {**SETTINGS, **settings}.items()},
            seed=seed,
        )

    def score(
        self, model: Artifact, anci: float, against: str = "poses", drawn: bool = False, **protocol: Any
    ) -> Artifact:
        every = {"weights": "last", "compat": None, "path": "slerp", "reference": self.sets[against].ref, **protocol}
        return self._publish(
            "scores",
            f"{model.name}-scores",
            about={"label": model.ref, "kind": "poses"},
            parents=[("model", model), ("reference", self.sets[against])],
            config={"sample_posterior": {"value": drawn, "source": "flag"}},
            summary={"scores": {"anci": {"mean": anci, **SCORE}}, "protocol": {"subject": model.ref, **every}},
        )

    def compared(self, *subjects: str, **options: Any) -> dict[str, float]:
        self.table = compare(self.run, subjects, **options)
        return {column.label: column.scores["anci"]["mean"] for column in self.table.columns}

    def _publish(self, kind: str, name: str, **record: Any) -> Artifact:
        with self.run.artifacts.draft(kind, name) as draft:
            draft.put("x", np.array(len(self.run.artifacts.artifacts())))  # a digest of its own
            draft.record(**{"config": {}, "summary": {}, "seed": 0, **record})
            return draft.publish()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_model_stands_by_its_last_weights_whatever_was_scored_since(bench: Bench) -> None:
    model = bench.model("m")
    bench.score(model, 1.0)
    bench.score(model, 9.0, weights="step-10")
    bench.score(model, 8.0, compat="naayem")
    bench.score(model, 7.0, drawn=True)
    assert bench.compared("m") == {"plain, d=8": 1.0}
    assert bench.compared() == {"plain, d=8": 1.0}
    assert bench.compared("m", published="d8")["plain, d=8, compat naayem"] == 8.0
    bench.score(model, 1.5)
    assert bench.compared("m") == {"plain, d=8": 1.5}


def test_what_is_not_plain_says_so_in_its_heading(bench: Bench) -> None:
    model = bench.model("m")
    for value, settings in enumerate(
        ({"weights": "step-10"}, {"weights": "best"}, {"compat": "naayem"}, {"path": "circle"}, {"drawn": True},
         {"against": "others"})
    ):  # fmt: skip
        bench.score(model, float(value), **settings)
    assert bench.compared(*(f"m-scores:v{i}" for i in range(1, 7))) == {
        "plain, d=8, step 10": 0.0,
        "plain, d=8, best": 1.0,
        "plain, d=8, compat naayem": 2.0,
        "plain, d=8, circle": 3.0,
        "plain, d=8, draws": 4.0,
        "plain, d=8, against others:v1": 5.0,
    }
    alone = bench.model("n")
    bench.score(alone, 7.0, weights="step-10")
    assert bench.compared("n") == {"plain, d=8, step 10": 7.0}


def test_a_recipe_is_headed_by_its_name(bench: Bench) -> None:
    terms = {"objectives": [{"name": "smooth", "lam": 0.0025}, {"name": "cover", "lam": 0.24}]}
    bench.score(bench.model("whole", about=terms, reg=["posectl"], lam=[]), 1.1)
    bench.score(bench.model("fifth", about=terms, reg=["posectl"], lam=[0.2]), 1.2)
    assert bench.compared() == {"posectl, d=8": 1.1, "posectl λ=0.2, d=8": 1.2}


def test_no_two_headings_are_alike(bench: Bench) -> None:
    first, second, other = bench.model("m"), bench.model("m", steps=40), bench.model("o", steps=60)
    for value, model in enumerate((first, second, other, first)):
        bench.score(model, float(value))
    assert list(bench.compared("m:v1", "m:v2")) == ["plain, d=8 (m:v1)", "plain, d=8 (m:v2)"]
    assert list(bench.compared("m:v1", "o")) == ["plain, d=8 (m-scores)", "plain, d=8 (o-scores)"]
    both = ["m-scores:v1", "m-scores:v3"]  # of one model
    assert list(bench.compared(*both)) == [f"plain, d=8 ({ref})" for ref in both]
    assert list(bench.compared("m", "m")) == ["plain, d=8"]  # one, named twice
    assert bench.table.notes == []


def test_the_models_settings_that_differ_are_said(bench: Bench) -> None:
    bench.score(bench.model("m"), 1.0)
    bench.score(bench.model("n", steps=40, seed=3), 2.0)
    bench.compared()
    assert bench.table.notes == ["The models differ in seed (0 | 3), steps (20 | 40)."]


def test_without_names_one_reference_and_protocol_are_shown_and_the_rest_is_told(bench: Bench) -> None:
    m, n = bench.model("m"), bench.model("n", seed=1)
    bench.score(n, 4.0, against="others")
    bench.score(m, 1.0)
    bench.score(n, 2.0)
    bench.score(n, 3.0, compat="naayem")
    assert bench.compared() == {"plain, d=8 (m-scores)": 1.0, "plain, d=8 (n-scores)": 2.0}
    assert bench.table.notes[0] == (
        "Shown are the scores against poses:v1 by the corrected protocol; name others to see them: against others:v1 "
        "by the corrected protocol, against poses:v1 by --compat naayem."
    )
    assert bench.compared(published="d8") == {"plain, d=8, compat naayem": 3.0} | {"Table I d8 λ=0": 1.24}


def test_one_protocol_alone_is_shown_where_there_is_no_other(bench: Bench) -> None:
    bench.score(bench.model("m"), 3.0, compat="naayem")
    assert bench.compared() == {"plain, d=8, compat naayem": 3.0}
    assert bench.table.notes == []


def test_a_snapshot_is_no_seed(bench: Bench) -> None:
    for seed in (0, 1):
        model = bench.model(f"m{seed}", seed=seed)
        bench.score(model, 1.0 + seed)
        bench.score(model, 9.0, weights="step-10")
    found = bench.compared("m0-scores:v1", "m1-scores:v1", "m0-scores:v2", seeds=True)
    assert found == {"plain, d=8, 2 seeds": 1.5, "plain, d=8, step 10": 9.0}
    assert [column.over for column in bench.table.columns] == ["2 seeds", "paths or samples"]


def test_a_row_that_has_no_multiples_goes_with_a_word(bench: Bench) -> None:
    base, other = bench.model("m"), bench.model("n", seed=1)
    bench.score(base, 0.0)
    bench.score(other, 2.0)
    table = compare(bench.run, ["m", "n"], ratio=True)
    assert table.rows == []
    assert table.warnings == ["Left out: anci; plain, d=8 (m-scores) has 0 there to divide by."]


def test_a_dataset_is_no_subject(bench: Bench) -> None:
    bench.score(bench.model("m"), 1.0)
    with pytest.raises(InvalidInputError, match="poses:v1 is a dataset"):
        compare(bench.run, ["poses"])


def test_a_file_cannot_differ_in_settings_of_models(bench: Bench) -> None:
    model = bench.model("m")
    bench.score(model, 1.0, random_pairs=10)
    bench.score(model, 2.0, random_pairs=20)
    bench.compared("m-scores:v1", "m-scores:v2")
    assert bench.table.warnings == ["The scores differ in random_pairs: 10, 20."]
    with bench.run.artifacts.draft("scores", "theirs") as draft:
        protocol = {"subject": "theirs.npy", "compat": None, "reference": "poses:v1"}
        draft.record(summary={"scores": {"anci": {"mean": 3.0, **SCORE}}, "protocol": protocol})
        draft.record(about={"label": "theirs.npy", "kind": "poses"})
        draft.publish()
    assert bench.compared("m-scores:v1", "theirs")["theirs.npy"] == 3.0
    assert bench.table.warnings == []

"""Tasks of a pose prior at the command line: tables with baselines, one answer a subject and task, and bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest

SMALL = ("--poses", 12, "--hypotheses", 2, "--samples", 40)


@pytest.mark.slow
def test_a_task_is_shown_beside_its_baselines_and_published_figures(trained):
    done = trained("evaluate", "acai", "--task", "denoising", *SMALL)
    assert done.code == 0, done.err
    assert done.out == "acai-denoising:v1\n"
    for words in ("moving-average", "regression", "network", "neighbour", "DPoser", "denoising.all.100"):
        assert words in done.err
    again = trained("evaluate", "acai", "--task", "denoising", *SMALL, "--json")
    assert again.json["reused"]
    table = trained("compare", "acai", "--task", "denoising", "--format", "json").json
    assert [c["label"] for c in table["columns"]][:2] == ["noisy", "moving-average"]
    noisy = table["columns"][0]["scores"]["denoising.all.100"]["mean"]
    assert noisy == pytest.approx(0.1 * 2 * np.sqrt(2 / np.pi), rel=0.1)


def test_several_tasks_give_an_answer_each(trained):
    done = trained("evaluate", "acai", "--task", "ik,generation", "--mask", "13+14", *SMALL, "--json")
    assert done.code == 0, done.err
    solved, drawn = map(json.loads, done.out.splitlines())
    assert list(solved["scores"]["ik"]["hidden"]) == ["13+14"]
    assert solved["protocol"]["masks"] == ["13+14"]
    assert {"fid", "feature_fid", "precision", "recall", "dnn", "apd"} < set(drawn["scores"]["generation"])


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("--task", "completing"), 2, "Did you mean 'completion'"),
        (("--task", "completion", "--mask", "left-wing"), 2, "left wing"),
        (("--task", "completion", "--mask", "1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16"), 4, "hides every joint"),
        (("--task", "completion", "--mask", "none"), 4, "hides no joint"),
        (("--task", "completion", "--poses", "1"), 2, "--poses 2 or more"),
        (("--task", "completion", "--metric", "anci"), 2, "Leave out --metric"),
        (("--metric", "completion"), 2, "--task completion"),
        (("baseline:regresion", "--against", "poses", "--task", "ik"), 2, "regression"),
        (("poses.npy", "--against", "poses", "--task", "ik"), 4, "needs one"),
        (("poses.npy", "--task", "generation"), 4, "--against"),
        (("acai", "--against", "few.npy", "--task", "ik"), 4, "0 poses for train"),
    ],
)
def test_bad_input_is_told_in_a_sentence(trained, tmp_path, people, args, code, words):
    np.save(tmp_path / "poses.npy", people)
    np.save(tmp_path / "few.npy", people[:12])
    done = trained("evaluate", *args)
    assert done.code == code, done.err
    assert words in done.err.replace("\n", " ")
    assert not done.out

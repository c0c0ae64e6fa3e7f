"""Attributes and sums on the command line: a chain that is a pipeline, and bad input as a sentence."""

from __future__ import annotations

import numpy as np
import pytest

QUICK = {"POSECTL_QUICK": "1"}


@pytest.fixture
def actors(posectl):
    """A store of `people`, of `others`, and of a small model of the first."""
    assert posectl("prepare", "mannequin", "--name", "people", env=QUICK).code == 0
    assert posectl("prepare", "mannequin", "--name", "others", "--seed", "1", env=QUICK).code == 0
    assert posectl("train", "people", "--set", "mlp.widths=16", "--latent", "4", "--name", "m", env=QUICK).code == 0
    return posectl


def test_a_chain_of_fit_apply_render_evaluate_plot_and_arithmetic(actors, tmp_path):
    fitted = actors("attribute", "fit", "m", "--label", "action,speed")
    assert fitted.out == "m-attributes:v1\n", fitted.err
    means = actors("attribute", "fit", "--label", "action,speed", "--by", "means", "--name", "means", "--json")
    assert means.json["kind"] == "attribute"
    assert means.json["names"][-1] == "speed"
    path = actors("attribute", "apply", "m-attributes", "people#3", "people#40", "-a", "walk", "--amount", "-3,3",
                  "--steps", "7", "-o", "p.npy")  # fmt: skip
    assert path.out == "m-moves:v1\n", path.err
    assert np.load(tmp_path / "p.npy").shape == (2, 7, 17, 3)
    assert actors("render", "m-moves", "-o", "rows.png").code == 0
    moved = actors("attribute", "apply", "m-attributes", "people#3", "--attribute", "speed", "--amount", "3")
    assert moved.out == "m-moved:v1\n", moved.err
    scores = [actors("evaluate", name, env=QUICK).out.strip() for name in ("m-attributes", "means")]
    assert scores == ["m-attributes-scores:v1", "means-scores:v1"]
    compared = actors("compare", *scores, "--metric", "entanglement.ratio,entanglement.action>speed").out
    assert "action>speed" in compared
    assert "(means)" in compared
    plotted = actors("plot", *scores, "-o", "matrix.png", "--json")
    assert plotted.json["kind"] == "entanglement", plotted.err
    total = actors("arithmetic", "people#3 - people#9 + people#12", "--model", "m", "-o", "sum.npy")
    assert total.out == "m-sum:v1\n", total.err
    assert np.load(tmp_path / "sum.npy").shape == (1, 17, 3)
    listed = actors("store", "ls", "--kind", "attribute").out + actors("store", "ls", "--kind", "attribute").err
    assert "m-attributes:v1" in listed


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("attribute", "fit", "m"), 2, "No label was named"),
        (("attribute", "fit", "m", "--label", "acton"), 2, "Nothing called 'acton'"),
        (("attribute", "fit", "m", "--label", "style"), 2, "Nothing called 'style'"),
        (("attribute", "fit", "people", "--label", "action"), 4, "is a dataset"),
        (("attribute", "fit", "m", "--label", "clip,action"), 4, "do not tell clip, action apart"),
        (("attribute", "fit", "m", "--label", "action", "--by", "magic"), 2, "magic"),
        (("attribute", "apply", "a", "people#3"), 2, "none was named"),
        (("attribute", "apply", "a", "people#3", "-a", "fly"), 2, "no attribute 'fly'"),
        (("attribute", "apply", "a", "people#3", "-a", "walk", "--amount", "much"), 2, "not a number"),
        (("attribute", "apply", "a", "people#3", "-a", "walk", "--amount", "1,2,3"), 2, "An amount is one number"),
        (("attribute", "apply", "a", "people#3", "-a", "walk", "--amount", "0,1", "--steps", "1"), 2, "2 steps"),
        (("attribute", "apply", "a", "people", "-a", "walk"), 4, "a whole dataset"),
        (("attribute", "apply", "m", "people#3", "-a", "walk"), 4, "is a model"),
        (("attribute", "aply", "a", "people#3"), 2, "no command 'aply'"),
        (("arithmetic", "people#3 -"), 2, "ends with '-'"),
        (("arithmetic", "people#3-people#4"), 2, "no + or - between blanks"),
        (("arithmetic", "people#3 x people#4"), 2, "'x' stands after"),
        (("arithmetic", "people#3 - others#4"), 4, "several datasets"),
        (("arithmetic", "people#3 - people"), 4, "a whole dataset"),
        (("arithmetic", "people#3 - people#999999"), 3, "no sample 999999"),
        (("evaluate", "s"), 4, "two classes of subject"),
        (("evaluate", "a", "--metric", "anci"), 4, "which a:v1 (least-squares) does not give"),
        (("plot", "m", "--kind", "entanglement", "-o", "x.png"), 4, "is a model"),
    ],
)
def test_bad_input_is_a_sentence(actors, args, code, words, tmp_path):
    actors("attribute", "fit", "m", "--label", "action", "--name", "a")
    actors("attribute", "fit", "m", "--label", "subject", "--name", "s")
    done = actors(*args, env=QUICK)
    assert (done.code, done.out) == (code, ""), done.err
    assert words in done.err
    assert done.err.splitlines()[-1].startswith("hint:")

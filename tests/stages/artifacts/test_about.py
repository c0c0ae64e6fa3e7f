"""The `about` of artifacts: checked on reading, whole again after writing, and read where fields are missing."""

from __future__ import annotations

import pytest

from posectl.errors import IntegrityError
from posectl.stages.artifacts.about import (
    DatasetAbout,
    DecodedAbout,
    ModelAbout,
    Samples,
    ScoresAbout,
    SweepAbout,
    parse_about,
    read_about,
)
from posectl.store import Store

SCENE = {"name": "lines", "renderer": "acai", "size": 32, "endless": True}
LINES = {
    "kind": "images", "factors": ["angle"], "periods": {"angle": 6.25}, "classes": 2, "class_names": ["left", "right"],
    "world": SCENE, "source": "lines", "split": "32 angles to test",
}  # fmt: skip
MODEL = {
    "net": {"name": "mlp", "shape": [17, 3], "latent": 4, "widths": [8, 8]},
    "prior": "sphere",
    "objectives": [{"name": "acai", "lam": 0.5, "gamma": 0.2}],
    "samples": {"kind": "poses", "unit": "m", "skeleton": "h36m17", "up": "+z", "coordinates": "world"},
    "snapshots": [6, 12],
    "stack": 2,
}


@pytest.mark.parametrize(
    ("cls", "values"),
    [
        (DatasetAbout, LINES),
        (ModelAbout, MODEL),
        (DecodedAbout, {"samples": {"kind": "images"}, "grid": 4, "inputs": [{"ref": "poses:v1", "sample": 3}]}),
        (ScoresAbout, {"label": "baseline:crossfade", "kind": "images"}),
        (SweepAbout, {"regularizers": ["acai", "cycle"]}),
    ],
)
def test_what_is_read_is_written_again_and_read_the_same(cls, values):
    about = parse_about(values, cls, "it")
    assert about.more == {}
    assert parse_about(about.as_json(), cls, "it") == about


def test_values_are_where_they_are_looked_for():
    lines, model = parse_about(LINES, DatasetAbout, "it"), parse_about(MODEL, ModelAbout, "it")
    assert (lines.kind, lines.factors, lines.periods, lines.class_names) == (
        "images", ("angle",), {"angle": 6.25}, ("left", "right"),
    )  # fmt: skip
    assert lines.scene == SCENE  # on disk it goes by its first name, "world"
    assert lines.as_json()["world"] == SCENE
    assert "scene" not in lines.as_json()
    assert (model.net["widths"], model.objectives[0]["lam"], model.snapshots) == ([8, 8], 0.5, (6, 12))
    assert (model.samples.unit, model.samples.up) == ("m", "+z")


def test_only_what_is_said_is_written():
    assert DatasetAbout(kind="poses").as_json() == {"kind": "poses"}
    assert ModelAbout().as_json() == {}


def test_unknown_keys_are_kept_in_their_places():
    values = {**MODEL, "joints": 17, "samples": {**MODEL["samples"], "rate": {"fps": 30}}}
    about = parse_about(values, ModelAbout, "it")
    assert about.more == {"joints": 17}
    assert about.samples.more == {"rate": {"fps": 30}}
    written = about.as_json()
    assert (written["joints"], written["samples"]["rate"]) == (17, {"fps": 30})


def test_artifacts_of_the_first_release_lack_fields_and_are_read():
    # A sweep of 0.1.0 named its regularizers alone, a dataset at the least its unit, paths of poses no grid.
    assert parse_about({"unit": "m"}, DatasetAbout, "it") == DatasetAbout(unit="m")
    assert parse_about({}, DecodedAbout, "it") == DecodedAbout(samples=Samples(), grid=0)
    model = parse_about({key: MODEL[key] for key in ("net", "prior", "objectives")}, ModelAbout, "it")
    assert (model.snapshots, model.stack, model.samples.kind) == ((), 0, "")


def test_nothing_is_said_by_null():
    assert parse_about({"kind": "poses", "up": None, "classes": None}, DatasetAbout, "it") == DatasetAbout(kind="poses")


@pytest.mark.parametrize(
    ("cls", "change", "said"),
    [
        (DatasetAbout, {"kind": 3}, "kind is 3, and should be text"),
        (DatasetAbout, {"factors": "angle"}, "factors is 'angle', and should be a list"),
        (DatasetAbout, {"periods": {"angle": "six"}}, "periods is {'angle': 'six'}, and should be a number"),
        (DatasetAbout, {"periods": [6.25]}, "periods is [6.25], and should be a dict"),
        (DatasetAbout, {"classes": 2.5}, "classes is 2.5, and should be a whole number"),
        (DatasetAbout, {"classes": True}, "classes is True, and should be a whole number"),
        (DatasetAbout, {"world": "lines"}, "world is 'lines', and should be a dict"),
        (ModelAbout, {"net": ["mlp"]}, "net is ['mlp'], and should be a dict"),
        (ModelAbout, {"objectives": {"name": "acai"}}, "objectives is {'name': 'acai'}, and should be a list"),
        (ModelAbout, {"objectives": ["acai"]}, "objectives is ['acai'], and should be a dict"),
        (ModelAbout, {"samples": {"unit": 1}}, "samples: unit is 1, and should be text"),
        (ModelAbout, {"samples": "poses"}, "samples is 'poses'"),
        (ModelAbout, {"snapshots": [1, "2"]}, "snapshots is [1, '2'], and should be a whole number"),
    ],
)
def test_a_value_of_another_type_is_told_with_its_artifact_and_key(tmp_path, cls, change, said):
    kind = "dataset" if cls is DatasetAbout else "model"
    with Store(tmp_path / "artifacts").draft(kind, "odd") as draft:
        draft.record(about=change)
        artifact = draft.publish()
    with pytest.raises(IntegrityError) as error:
        read_about(artifact, cls)
    key = next(iter(change))
    assert error.value.message.startswith(f"odd:v1{',' if 'samples: ' in said else ':'} {key}")
    assert said in error.value.message
    assert error.value.hint


def test_models_carry_on_what_their_samples_are_and_not_what_is_said_of_the_set():
    shared = parse_about({**LINES, "license": "MIT"}, DatasetAbout, "it").shared()
    expected = {key: LINES[key] for key in ("kind", "factors", "periods", "classes", "world")}
    assert shared == parse_about(expected, Samples, "it")

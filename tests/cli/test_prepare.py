"""posectl prepare: a subcommand for every source, from posectl or from outside, with the options of its own."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from data.joints import body, in_layout

from posectl.data.dataset import Dataset
from posectl.data.readers import READERS, option, reader
from posectl.errors import PosectlError


def refused(done, code, *words):
    """One error, one hint, no traceback, the exit code, and the words that matter."""
    assert (done.code, done.out) == (code, ""), done.err
    assert done.err.count("error:") == done.err.count("hint:") == 1
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


@dataclasses.dataclass(frozen=True)
class Options:
    """An option of every type that the command line knows."""

    shape: Literal["round", "square"] = option("round", "Shape of a thing.")
    count: int = option(7, "Number of things.", metavar="N", min=2, quick=3)
    width: float = option(1.5, "Width of a thing, metres.")
    names: tuple[str, ...] | None = option(None, "Names of things.", metavar="LIST", default_shown="all")
    kinds: tuple[str, ...] = option(("a", "b"), "Kinds of things.", metavar="LIST")
    more: tuple[str, ...] = option((), "A file of more things; may be repeated.", metavar="FILE")
    rate: float | Literal["native"] | None = option(None, "Rate of things.", metavar="N|native")
    table: Path | None = option(None, "Table of things.", metavar="FILE")
    label: str | None = option(None, "Label of things.", metavar="TEXT")
    loud: bool = option(False, "Say all things.")
    fresh: bool = option(True, "Take new things, or old ones.", flag="--fresh/--stale")
    seed: int = option(0, "Seed of the things.")


@pytest.fixture
def things(people):
    """A source that keeps what it is asked for."""
    asked = []

    @reader("things", Options, kind="poses", paths="Files of things.")
    def read(paths: Sequence[Path], options: Options, progress: object) -> Dataset:
        asked.append((list(paths), options))
        split = (np.arange(len(people)) % 5 == 0).astype(np.uint8)
        return Dataset(people, split, about={"kind": "poses", "unit": "m", "source": "things", "split": "a fifth"})

    yield asked
    READERS.unregister("things")


def test_every_source_is_listed_with_its_summary_and_shows_its_help(posectl, things):
    listed = " ".join(posectl("prepare", "--help").out.split())
    for name, summary in READERS.summaries().items():
        assert f"{name} {' '.join(summary.split())}" in listed, name
        shown = posectl("prepare", name, "--help")
        assert (shown.code, shown.err) == (0, "")
        for field in dataclasses.fields(READERS.get(name).options):
            assert f"--{field.name.replace('_', '-')} " in shown.out, field.name


def test_options_of_a_source_from_outside_are_shown_with_their_defaults(posectl, things):
    shown = " ".join(posectl("prepare", "things", "--help").out.split())
    for words in (
        "Files of things.",
        "Shape of a thing. [default: round]",
        "--count N Number of things. [default: 7; x>=2]",
        "--names LIST Names of things. [default: (all)]",
        "--kinds LIST Kinds of things. [default: a,b]",
        "--loud Say all things.",
        "--fresh / --stale Take new things, or old ones. [default: fresh]",
        "--seed N Seed of every random stream. [default: 0]",
    ):
        assert words in shown


def test_values_arrive_as_the_types_of_the_fields(posectl, things):
    given = (
        "--shape square --count 3 --width 2 --names x,y --kinds c --more m --more n --rate 12.5 --table t.csv "
        "--label l --loud --stale --seed 4"
    )
    done = posectl("prepare", "things", "a.x", "b.x", *given.split())
    assert done.out == "things:v1\n", done.err
    assert things == [
        (
            [Path("a.x"), Path("b.x")],
            Options("square", 3, 2.0, ("x", "y"), ("c",), ("m", "n"), 12.5, Path("t.csv"), "l", True, False, 4),
        )
    ]
    assert posectl("prepare", "things", "--rate", "native").out == "things:v2\n"
    assert things[1] == ([], Options(rate="native"))


def test_values_that_make_no_sense_are_refused(posectl, things):
    refused(posectl("prepare", "things", "--shape", "oval"), 2, "--shape", "'oval'", "'round', 'square'")
    refused(posectl("prepare", "things", "--count", "1"), 2, "--count", "2")
    refused(posectl("prepare", "things", "--rate", "fast"), 2, "--rate", "'fast'", "native")
    refused(posectl("prepare", "lines", "picture.png"), 2, "picture.png", "posectl prepare lines --help")
    assert things == []


def test_an_option_of_another_source_is_told_with_its_own(posectl):
    refused(
        posectl("prepare", "pole", "--renderer", "smooth"), 2,
        "`posectl prepare pole` has no option '--renderer'", "an option of lines", "posectl prepare pole --help",
    )  # fmt: skip
    refused(posectl("prepare", "pole", "--sise", 16), 2, "`posectl prepare pole` has no option '--sise'", "'--size'")
    refused(posectl("prepare", "--size", 16, "lines"), 2, "`posectl prepare` has no option '--size'", "lines")
    refused(posectl("prepare", "--store", "s", "lines"), 2, "no option '--store'", "Options stand behind the source")
    refused(posectl("prepare", "arrays", "--show-joints"), 2, "no option '--show-joints'")


def test_an_unknown_source_and_a_path_in_its_place_are_told_what_to_run(posectl, tmp_path):
    refused(posectl("prepare", "lins"), 2, "There is no source 'lins'", "'lines'")
    refused(posectl("prepare", "train.npz"), 2, "'train.npz' is a path", "posectl prepare arrays train.npz")
    refused(posectl("prepare", "my walk.bvh"), 2, "posectl prepare mocap 'my walk.bvh'")
    (tmp_path / "folder").mkdir()
    refused(posectl("prepare", "folder"), 2, "'folder' is a path", "arrays, bodies", "posectl prepare SOURCE folder")


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_a_training_of_a_file_is_told_the_command_that_reads_it(posectl, tmp_path, command):
    np.savez(tmp_path / "train.npz", positions=np.zeros((5, 17, 3), np.float32))
    np.savez(tmp_path / "cats.npz", images=np.zeros((5, 16, 16), np.uint8))
    (tmp_path / "walks").mkdir()
    (tmp_path / "walks" / "my walk.bvh").write_text("HIERARCHY\n")
    for name, told in (
        ("train.npz", "posectl prepare arrays train.npz"),
        ("train.npz:positions", "posectl prepare arrays train.npz:positions"),
        ("cats.npz", "posectl prepare images cats.npz"),
        ("walks", "posectl prepare mocap walks"),
        ("walks/my walk.bvh", "posectl prepare mocap 'walks/my walk.bvh'"),
    ):
        refused(posectl(command, name), 2, "A training takes a dataset of the store", told)
        refused(posectl("prepare", name), 2, "is a path", told)
    refused(
        posectl(command, "none.npz"), 3, "neither a dataset nor a file 'none.npz'", "posectl prepare arrays none.npz"
    )
    refused(posectl(command, "poses"), 3, "There is no artifact 'poses'")
    (tmp_path / "model.npz").write_bytes(b"<!doctype html>")
    for words in ((command, "model.npz"), ("prepare", "model.npz")):
        refused(posectl(*words), 2, "It is an HTML page, which no source reads. That is what a failed download leaves")


def test_a_config_file_holds_options_of_sources_in_sections_or_of_whichever_runs(posectl, tmp_path, things):
    (tmp_path / "c.yaml").write_text(
        "seed: 3\nprepare: {count: 5, things: {names: [x, y], more: m, loud: true}, lines: {size: 16}}\ntrain: {lr: 1}"
    )
    assert posectl("prepare", "things", "--config", "c.yaml", "--count", "6").code == 0
    assert things == [([], Options(count=6, names=("x", "y"), more=("m",), loud=True, seed=3))]
    assert posectl("prepare", "pole", "--config", "c.yaml").code == 0  # a count is for things
    (tmp_path / "c.yaml").write_text("prepare: {things: {cuont: 5}}")
    refused(posectl("prepare", "things", "--config", "c.yaml"), 2, "no option 'cuont'", "'count'")


def test_fields_that_cannot_be_options_are_named(posectl):
    @dataclasses.dataclass(frozen=True)
    class Taken:
        device: str = option("cpu", "Device.")

    @dataclasses.dataclass(frozen=True)
    class AlsoTaken:
        json: bool = option(False, "As JSON.")

    @dataclasses.dataclass(frozen=True)
    class Untold:
        table: dict = option(None, "Table.")  # type: ignore[type-arg]

    @dataclasses.dataclass(frozen=True)
    class Bare:
        count: int

    for options, word in ((Taken, "'device'"), (AlsoTaken, "'json'"), (Untold, "'table'"), (Bare, "'count'")):
        reader("odd", options, kind="poses")(lambda paths, options, progress: None)  # type: ignore[arg-type, return-value]
        try:
            refused = posectl("prepare", "odd", "--help")
        finally:
            READERS.unregister("odd")
        assert (refused.code, word in refused.err) == (PosectlError.exit_code, True), refused.err


def test_joints_of_a_file_are_shown_as_a_map(posectl, tmp_path):
    (tmp_path / "a.bvh").write_text(
        "HIERARCHY\nROOT Hips\n{\n OFFSET 0 0 0\n CHANNELS 3 Zrotation Xrotation Yrotation\n End Site\n {\n"
        "  OFFSET 0 1 0\n }\n}\nMOTION\nFrames: 1\nFrame Time: 0.1\n0 0 0\n"
    )
    done = posectl("prepare", "mocap", "a.bvh", "--show-joints")
    assert done.code == 0, done.err
    assert "Hips" in done.out
    assert not (tmp_path / "artifacts").exists()


def test_a_joint_layout_is_printed_where_it_is_used_with_what_is_approximate(posectl, tmp_path):
    np.save(tmp_path / "joints.npy", in_layout(body(8, spread=0.2), "smpl22"))
    refused(posectl("prepare", "arrays", tmp_path / "joints.npy"), 4, "22 joints", "--joints smpl22")
    done = posectl("prepare", "arrays", tmp_path / "joints.npy", "--joints", "smpl22")
    assert done.code == 0
    printed = " ".join(done.err.split())
    assert "from smpl22 Hip pelvis; RHip right_hip;" in printed
    assert "Head 1.65 head - 0.65 spine3" in printed
    assert "approximate joints of smpl22: Neck/Nose" in printed
    refused(posectl("prepare", "arrays", tmp_path / "joints.npy", "--joints", "ntu25"), 4, "not ntu25", "smpl22")

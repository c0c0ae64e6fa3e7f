"""A configuration file: one for a whole chain of commands."""

import re
import time
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from posectl.cli.app import app
from posectl.cli.config import load
from posectl.data.readers import READERS
from posectl.errors import InvalidInputError

README = (Path(__file__).parents[2] / "README.md").read_text()
YAML = re.findall("```yaml\n(.*?)```", README, re.DOTALL)


def paths():
    """The words of every command that has --config."""
    for name, command in get_command(app).commands.items():
        inner = [*READERS.names()] if name == "prepare" else getattr(command, "commands", [""])
        yield from ((name, each) if each else (name,) for each in inner if name != "completion")


@pytest.fixture
def config(tmp_path, posectl):
    def run(text, *command):
        (tmp_path / "c.yaml").write_text(text)
        return posectl(*command, "--config", "c.yaml", "--help")

    return run


@pytest.mark.parametrize("command", list(paths()), ids=" ".join)
def test_the_readmes_file_serves_every_command(config, command):
    assert len(YAML) == 1
    done = config(YAML[0], *command)
    assert done.code == 0, done.err


@pytest.mark.parametrize("command", list(paths()), ids=" ".join)
def test_an_option_of_any_command_is_no_error_to_another(config, command):
    done = config("steps: 9\nk: 3\nrenderer: smooth\nlevel: 3\ntest_subjects: S9\nprepare: {fps: 30}", *command)
    assert done.code == 0, done.err


@pytest.mark.parametrize("command", [("train",), ("compare",), ("store", "ls"), ("prepare", "pole")], ids=" ".join)
@pytest.mark.parametrize(
    ("text", "code", "nearest"),
    [
        ("latnet: 3", 2, "Did you mean 'latent'?"),
        ("trian: {latent: 3}", 2, "Did you mean 'train'?"),
        ("crowd: 3", 2, "`crowd` is called `recall-samples` now."),
        ("evaluate: 3", 4, "'evaluate' should hold options"),
    ],
)
def test_an_option_of_no_command_is_an_error_to_all(config, command, text, code, nearest):
    done = config(text, *command)
    assert done.code == code
    assert nearest in done.err


def test_in_a_section_only_what_the_command_or_a_command_of_the_group_has_is_right(config):
    for text in ("train: {k: 3}", "train: {stepps: 3}"):
        assert config(text, "evaluate").code == 0
        done = config(text, "train")
        assert (done.code, "`posectl train` has no option" in done.err) == (2, True)
    done = config("prepare: {sise: 16}", "prepare", "pole")
    assert (done.code, "No command of `posectl prepare` has an option 'sise'" in done.err) == (2, True)
    assert "Did you mean 'size'?" in done.err
    assert config("prepare: {lines: {sise: 16}}", "prepare", "pole").code == 0


def test_a_section_of_a_source_is_for_that_source_alone(posectl, tmp_path):
    values = yaml.safe_load(YAML[0])
    assert values["prepare"] == {"lines": {"size": 16}}
    (tmp_path / "c.yaml").write_text(YAML[0])
    lines = posectl("prepare", "lines", "--config", "c.yaml", "--train-count", "8", "--test-count", "4", "--json")
    pole = posectl("prepare", "pole", "--config", "c.yaml", "--size", "8", "--json")
    shown = [posectl("store", "show", done.json["ref"], "--json").json["config"] for done in (lines, pole)]
    assert shown[0]["options"]["value"] == {"size": 16, "train_count": 8, "test_count": 4, "seed": 1}
    assert shown[1]["options"]["value"] == {"size": 8, "seed": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: 2020-99-99", "month must be in 1..12"),
        ("seed: 2020-02-30 25:61:61", "day is out of range"),
        ("seed: " + "1:" * 30_000 + "1", "is no value"),
        ("seed: " + "9" * 5000, "is no value"),
        ("seed: !!int abc", "invalid literal"),
        ("seed: !!bool abc", "'abc'"),
        ("seed: !!timestamp abc", "not valid YAML"),
        ("seed: !!map 3", "not valid YAML"),
        ("seed: " + "[" * 20_000, "nested too deeply"),
        ("{" * 20_000, "is a JSON file"),
        ("? [a]\n: 1", "a key is no word"),
        ("seed: 1\nseed: 2", "'seed' is given twice"),
        ("\n".join(f"k{n}: 1" for n in range(80_000)), "too large for a configuration"),
    ],
)
def test_values_that_are_none_and_files_without_end_are_refused_in_time(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    started = time.process_time()
    with pytest.raises(InvalidInputError) as caught:
        load(tmp_path / "a.yaml")
    assert said in caught.value.message
    assert time.process_time() - started < 2


def test_keys_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("1: a\nyes: no\n2020-01-01: 1.5\n")
    assert load(tmp_path / "a.yaml") == {"1": "a", "yes": False, "2020-01-01": 1.5}


def test_keys_that_would_collide_as_numbers_take_no_longer(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("".join(f"{((1 << 61) - 1) * n + 1}: 1\n" for n in range(2400)))
    started = time.process_time()
    assert len(load(tmp_path / "a.yaml")) == 2400
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{steps: 1.5}", "--steps 1.5 is not a whole number."),
        ("{steps: many}", "--steps 'many' is not a whole number."),
        ("{lr: 10%}", "In fractions 10% is 0.1."),
    ],
)
def test_a_number_that_is_none_is_told_as_on_the_command_line(posectl, tmp_path, value, said):
    (tmp_path / "c.yaml").write_text(f"train: {value}")
    done = posectl("train", "--config", "c.yaml")
    assert done.code == 2
    assert said in done.err

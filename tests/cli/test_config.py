"""A configuration file: one for a whole chain of commands."""

import re
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from posectl.cli.app import app
from posectl.data.readers import READERS

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

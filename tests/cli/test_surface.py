"""What every user meets: help, completion, and how light they are."""

import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from typer.main import get_command

from posectl.cli.app import app
from posectl.cli.completion import SCRIPTS

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "zarr", "scipy", "matplotlib", "numba", "imageio", "pydantic", "obstore")
COMMANDS = (
    "prepare train sweep regularizers interpolate sample fit encode decode attribute arithmetic evaluate compare "
    "render plot explore report export import store demo doctor completion"
).split()


def loaded(code, *also):
    """Those of the heavy modules, and of `also`, that are there after some code."""
    script = (
        f"import sys; sys.argv = ['posectl', 'x']\n{code}\nprint([m for m in {(*HEAVY, *also)} if m in sys.modules])"
    )
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    ).stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("args", "also"),
    [
        (["--help"], ["numpy"]),
        (["train", "sweep", "--help"], ["numpy"]),
        (["store", "verify", "--help"], ["numpy"]),
        (["prepare", "--help"], ["numpy"]),
        *((["prepare", source, "--help"], []) for source in ("arrays", "h36m", "images", "lines", "mocap", "pole")),
    ],
)
def test_help_loads_nothing_heavy(args, also):
    run = f"sys.argv = ['posectl', *{args}]\nfrom posectl.__main__ import main\ntry: main()\nexcept SystemExit: pass"
    assert loaded(run, *also) == "[]"


def test_completing_a_ref_loads_nothing_heavy(trained, tmp_path):
    code = (
        "import os\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "from posectl.cli.complete import refs\n"
        "assert refs('acai:') == ['acai:v1', 'acai:latest'], refs('acai:')"
    )
    assert loaded(code, "numpy") == "[]"


def test_completing_options_loads_nothing_heavy():
    words = "posectl prepare lines --train-c"
    run = (
        "import os; os.environ |= "
        f"{{'_POSECTL_COMPLETE': 'complete_bash', 'COMP_WORDS': {words!r}, 'COMP_CWORD': '3'}}\n"
        "from posectl.__main__ import main\ntry: main()\nexcept SystemExit: pass"
    )
    assert loaded(run) == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_in_the_readme(posectl, command):
    assert posectl(command, "--help").code == 0
    assert posectl(command, "-h").out == posectl(command, "--help").out
    assert f"posectl {command}" in (ROOT / "README.md").read_text()


def test_the_commands_are_listed_in_the_order_in_which_a_user_meets_them(posectl):
    listed = posectl("--help").out.partition("Commands:")[2].splitlines()
    assert [line.split()[0] for line in listed if line[2:3].strip()][: len(COMMANDS)] == COMMANDS


def parameters():
    """Every parameter of every command that is no source's, with the command's name."""
    for name, command in get_command(app).commands.items():
        for inner, each in getattr(command, "commands", {"": command}).items():
            for parameter in each.params:
                yield f"{name} {inner}".strip(), parameter


def test_help_texts_are_whole_phrases_under_headings():
    for command, parameter in parameters():
        told = f"{command}: {parameter.name}: {parameter.help}"
        assert parameter.help[0].isupper() or parameter.help.startswith("YAML"), told
        assert parameter.help.endswith("."), told
        if command in ("train", "sweep", "evaluate", "render", "plot", "compare") and parameter.opts[0].startswith("-"):
            assert parameter.rich_help_panel, told


def test_help_shows_a_default_wherever_an_option_takes_a_value():
    without = {"codes", "config", "output", "label"}  # left out, they do nothing
    for command, parameter in parameters():
        if parameter.opts[0].startswith("-") and not parameter.required and not getattr(parameter, "is_flag", False):
            shown = parameter.default is not None or isinstance(parameter.show_default, str)
            assert shown or parameter.name in without, f"{command}: {parameter.name}"


def test_the_options_of_a_training_stand_under_six_headings_and_arguments(posectl):
    shown = posectl("train", "--help").out.splitlines()
    headings = [line.rstrip(":") for line in shown if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Arguments", "Data", "Model", "Objective", "Optimiser", "Output", "Common"]
    text = " ".join(" ".join(shown).split())
    assert "--degrees X Rotation range of the augmentation, degrees. [default: 30.0]" in text
    assert "--lr-adversary X Learning rate of critics and discriminators. [default: (--lr)]" in text


@pytest.mark.parametrize("shell", SCRIPTS)
def test_completion_files_are_what_the_command_prints(posectl, shell):
    assert posectl("completion", shell).out == (ROOT / "completions" / f"posectl.{shell}").read_text()


def test_bash_completes_versions_sources_and_options(trained, tmp_path):
    shell = pexpect.spawn("bash", ["--norc", "--noprofile"], cwd=str(tmp_path), encoding="utf-8", timeout=20,
                          dimensions=(40, 200))  # fmt: skip
    shell.sendline(
        f"PS1='> '; bind 'set enable-bracketed-paste off'; posectl() {{ {sys.executable} -m posectl \"$@\"; }}"
    )
    shell.sendline(f"source {ROOT}/completions/posectl.bash; echo rea''dy")
    shell.expect("ready")
    for typed, completed in (
        ("posectl evaluate acai:la\t", "posectl evaluate acai:latest"),
        ("posectl evaluate aca\t", "posectl evaluate acai"),
        ("posectl train --checkp\t", "posectl train --checkpoint-every"),
        ("posectl train --reg beta\t", "posectl train --reg beta-vae"),
        ("posectl inter\t", "posectl interpolate"),
        ("posectl train --set acai.ga\t", "posectl train --set acai.gamma=0.2"),
        ("posectl train po\t", "posectl train poses"),
        ("posectl prepare li\t", "posectl prepare lines"),
        ("posectl prepare lines --train-c\t", "posectl prepare lines --train-count"),
    ):
        shell.send(typed)
        shell.expect_exact(completed)
        shell.sendcontrol("u")
    shell.close(force=True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_parse(shell):
    import shutil

    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = ROOT / "completions" / f"posectl.{shell}"
    assert subprocess.run([shell, "-n", str(script)], timeout=30).returncode == 0


def test_list_reg_names_each_with_its_source(posectl):
    listed = posectl("train", "sweep", "--list-reg").out
    assert "acai" in listed
    assert "Berthelot" in listed


def test_regularizers_tell_their_settings_with_the_papers_values(posectl):
    import posectl as library

    told = posectl("regularizers", "acai").out
    assert "--set acai.gamma=float [0.2]" in told
    assert "Share of the data in the critic's second input. Paper: 0.2; the pose report: 0.05." in told
    assert "--preset naayem has" in " ".join(told.split())
    assert posectl("regularizers", "acai", "--json").json == library.regularizers("acai")[0]
    every = posectl("regularizers", "--json").json
    assert [each["name"] for each in every] == [each["name"] for each in library.regularizers()]
    assert next(each for each in every if each["name"] == "posectl")["parts"]["cover"] == 0.24
    assert "--set acai.gamma=float" in posectl("train", "--list-reg", "-v").out
    assert "--set acai.gamma=float" not in posectl("train", "--list-reg").out
    assert posectl("regularizers", "acay").code == 2


@pytest.mark.parametrize(("name", "words"), [
    ("aeai", "sums two reconstructions, so they press half as hard as here"),
    ("gaia", "output sigmoid"),
    ("vqvae", "restart=0"),
    ("amr", "betas 0.5, 0.99"),
])  # fmt: skip
def test_the_list_says_what_of_a_paper_the_defaults_leave_out(posectl, name, words):
    listed = " ".join(posectl("train", "--list-reg").out.split())
    assert words in listed.partition(f" {name} ")[2]


def test_completion_offers_settings_and_those_kinds_that_a_command_takes(trained, tmp_path, monkeypatch):
    from posectl.cli import complete

    monkeypatch.chdir(tmp_path)
    assert complete.settings("acai.") == ["acai.lam=0.5", "acai.gamma=0.2"]
    assert complete.settings("conv.d") == ["conv.depth=16"]
    assert complete.settings("acai.gamma=") == []
    assert complete.refs("") == ["acai", "poses"]
    assert complete.refs_of("dataset")("") == ["poses"]
    assert complete.refs_of("model", "paths")("") == ["acai", "box"]
    assert complete.refs_of("dataset")("acai:") == []
    assert complete.refs_of("model")("acai:v") == ["acai:v1"]
    assert complete.refs_of("model")("b") == ["box"]
    assert complete.refs_of("model")("box:") == ["box:v1", "box:latest"]


def test_completing_settings_and_models_loads_nothing_heavy(trained, tmp_path):
    code = (
        f"import os\nos.chdir({str(tmp_path)!r})\nfrom posectl.cli import complete\n"
        "assert complete.settings('gaia.g') == ['gaia.gamma=0.5']\nassert complete.refs_of('model')('a') == ['acai']"
    )
    assert loaded(code, "numpy") == "[]"


def test_list_reg_names_regularizers_from_outside(tmp_path, posectl_process):
    (tmp_path / "mine.py").write_text(
        '"""Mine: nothing at all.\n\nSource: my own head, 2026."""\n'
        "from posectl.core.objectives import objective\n\n\n@objective('mine')\nclass Mine: ...\n"
    )
    listed = posectl_process("train", "--list-reg", env={"POSECTL_PLUGINS": "mine"}).out
    assert "mine         Mine: nothing at all.\n             my own head, 2026.\n" in listed


def test_a_plugin_that_is_not_there_is_told(posectl_process):
    done = posectl_process("train", "--list-reg", env={"POSECTL_PLUGINS": "nowhere"})
    assert (done.code, done.out) == (3, "")
    assert "error: POSECTL_PLUGINS names 'nowhere'" in done.err
    assert "hint:" in done.err


def test_version(posectl):
    from posectl.version import __version__

    assert posectl("--version").out == f"{__version__}\n"


def test_without_a_command_there_is_help_and_a_usage_error(posectl):
    for group in ((), ("prepare",), ("store",)):
        done = posectl(*group)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"Usage: {' '.join(('posectl', *group))} [OPTIONS]")

"""What every user meets: help, completion, and how light they are."""

import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from posectl.cli.completion import SCRIPTS

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "zarr", "numpy", "scipy", "matplotlib", "numba", "imageio")
COMMANDS = "prepare train sweep interpolate sample evaluate compare render plot store demo doctor completion".split()


def loaded(code):
    script = f"import sys; sys.argv = ['posectl', 'x']\n{code}\nprint([m for m in {HEAVY} if m in sys.modules])"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    ).stdout.splitlines()[-1]


@pytest.mark.parametrize("args", [["--help"], ["train", "sweep", "--help"], ["store", "verify", "--help"]])
def test_help_loads_nothing_heavy(args):
    assert (
        loaded(
            f"sys.argv = ['posectl', *{args}]\nfrom posectl.__main__ import main\ntry: main()\nexcept SystemExit: pass"
        )
        == "[]"
    )


def test_completing_a_ref_loads_nothing_heavy(trained, tmp_path):
    code = (
        "import os\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "from posectl.cli.complete import refs\n"
        "assert refs('acai:') == ['acai:v1', 'acai:latest'], refs('acai:')"
    )
    assert loaded(code) == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_in_the_readme(posectl, command):
    assert posectl(command, "--help").code == 0
    assert f"posectl {command}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("shell", SCRIPTS)
def test_completion_files_are_what_the_command_prints(posectl, shell):
    assert posectl("completion", shell).out == (ROOT / "completions" / f"posectl.{shell}").read_text()


def test_bash_completes_versions_and_options(trained, tmp_path):
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
        ("posectl inter\t", "posectl interpolate"),
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


def test_version(posectl):
    from posectl.version import __version__

    assert posectl("--version").out == f"{__version__}\n"

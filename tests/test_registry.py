"""Registries: names by files, things by decorators and plugins, and nothing heavy for a list."""

import os
import subprocess
import sys

import pytest

from posectl.core.kinds import KINDS
from posectl.core.metrics import METRICS
from posectl.core.nets import NETS
from posectl.core.objectives import OBJECTIVES
from posectl.data.readers import READERS
from posectl.errors import PosectlError, UsageError
from posectl.registry import Registry


@pytest.mark.parametrize("registry", [OBJECTIVES, METRICS, READERS, NETS, KINDS], ids=lambda r: r.noun)
def test_every_file_registers_the_thing_of_its_name_and_says_what_it_is(registry):
    for name, summary in registry.summaries().items():
        thing, module = registry.get(name), registry.module(name)
        assert module == f"{registry.package}.{name.replace('-', '_')}"
        assert module == getattr(thing, "__module__", None)
        assert len(summary) > 10, name
        assert summary.endswith((".", ":")), name


def test_an_unknown_name_is_told_with_the_known_and_the_nearest():
    for ask in (OBJECTIVES.get, OBJECTIVES.module):
        with pytest.raises(UsageError, match="no regularizer 'acal'") as error:
            ask("acal")
        assert "Did you mean 'acai'?" in error.value.hint
        assert f"Nearest of {len(OBJECTIVES.names())}: acai, " in error.value.hint


@pytest.fixture
def registry():
    return Registry("thing", "posectl.core.objectives", decorator="objective")


def thing():
    """Something to register."""


def test_what_another_module_registers_is_found_beside_posectls_own(registry):
    own = registry.names()
    assert own == registry.built_in() == OBJECTIVES.built_in()
    assert registry.register("thing")(thing) is thing
    assert registry.get("thing") is thing
    assert registry.names() == sorted([*own, "thing"])
    assert registry.built_in() == own
    assert registry.module("thing") == __name__
    assert registry.summaries()["thing"] == __doc__.splitlines()[0]


def test_a_name_that_two_modules_register_is_an_error(registry):
    registry.register("thing")(thing)
    with pytest.raises(PosectlError, match="The thing 'thing' is registered twice"):
        registry.register("thing")(pytest.approx)


def test_a_module_may_register_its_thing_again_as_a_notebooks_cell_does(registry):
    def newer():
        """The same thing, edited."""

    registry.register("thing")(thing)
    registry.register("thing")(newer)
    assert registry.get("thing") is newer


def test_what_came_from_outside_can_be_forgotten_and_posectls_own_cannot(registry):
    registry.register("thing")(thing)
    for name in ("thing", "acai"):
        registry.unregister(name)
    assert registry.names() == registry.built_in()
    with pytest.raises(UsageError, match="no thing 'thing'"):
        registry.get("thing")
    assert OBJECTIVES.get("acai").name == "acai"


def test_a_name_of_posectls_own_is_taken_before_it_is_imported(registry):
    with pytest.raises(PosectlError, match="'acai' is registered twice"):
        registry.register("acai")(thing)
    assert "acai" in registry.names()


PLUGIN = '''"""The mean of all coordinates of the paths."""

from posectl.core.metrics import metric


@metric("middle")
def middle(paths):
    return {"mean": sum(paths) / len(paths), "unit": "m"}
'''


def python(code, folder, plugins=""):
    """What a fresh interpreter prints, with the folder on its path."""
    environment = {**os.environ, "POSECTL_PLUGINS": plugins}
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    return done.stdout + done.stderr


def test_a_plugin_of_the_environment_registers_its_metric(tmp_path):
    (tmp_path / "my_metrics.py").write_text(PLUGIN)
    code = """
from posectl.core.metrics import METRICS
print("middle" in METRICS.names(), METRICS.module("middle"), METRICS.summaries()["middle"])
print(METRICS.get("middle")([1.0, 2.0, 6.0])["mean"])
"""
    assert python(code, tmp_path, "my_metrics") == "True my_metrics The mean of all coordinates of the paths.\n3.0\n"
    assert python("from posectl.core.metrics import METRICS; print('middle' in METRICS.names())", tmp_path) == "False\n"


def test_a_plugin_that_is_not_there_is_told(tmp_path):
    code = """
from posectl.core.metrics import METRICS
from posectl.errors import NotFoundError
try:
    METRICS.names()
except NotFoundError as error:
    print(error.message, error.hint)
"""
    said = python(code, tmp_path, "no_such_plugin")
    assert said.startswith("POSECTL_PLUGINS names 'no_such_plugin', which cannot be imported: ")
    assert "PYTHONPATH" in said


@pytest.mark.parametrize(
    ("module", "registry"),
    [
        ("posectl.core.objectives", "OBJECTIVES"),
        ("posectl.core.metrics", "METRICS"),
        ("posectl.core.metrics", "INPUTS"),
        ("posectl.core.nets", "NETS"),
    ],
)
def test_names_and_summaries_are_told_without_torch(tmp_path, module, registry):
    code = f"import sys; from {module} import {registry} as r; r.names(), r.summaries(); print('torch' in sys.modules)"
    assert python(code, tmp_path) == "False\n"


def test_the_docs_of_regularizers_are_completed_without_torch(tmp_path):
    code = (
        "import sys; from posectl.api.regularizers import regularizers; regularizers(); print('torch' in sys.modules)"
    )
    assert python(code, tmp_path) == "False\n"

"""Registries: names by files, things by decorators, and nothing heavy for a list."""

import subprocess
import sys

import pytest

from posectl.core.metrics import METRICS
from posectl.core.objectives import OBJECTIVES
from posectl.data.readers import READERS
from posectl.errors import PosectlError, UsageError
from posectl.registry import Registry


@pytest.mark.parametrize("registry", [OBJECTIVES, METRICS, READERS], ids=lambda r: r.kind)
def test_every_file_registers_the_thing_of_its_name_and_says_what_it_is(registry):
    for name, summary in registry.summaries().items():
        assert registry._files[name].stem == name.replace("-", "_")
        assert callable(registry.get(name))
        assert len(summary) > 10, name
        assert summary.endswith((".", ":")), name


def test_an_unknown_name_is_told_with_the_known_and_the_nearest():
    with pytest.raises(UsageError) as error:
        OBJECTIVES.get("acal")
    assert "Did you mean 'acai'?" in error.value.hint
    assert "none" in error.value.hint


def test_a_name_registered_twice_is_an_error():
    registry = Registry("thing", "posectl.core.objectives", decorator="objective")
    registry.register("a")(object())
    with pytest.raises(PosectlError, match="twice"):
        registry.register("a")(object())


def test_listing_imports_no_torch():
    code = "import sys; from posectl.cli import complete; complete.regularizer_docs(); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"

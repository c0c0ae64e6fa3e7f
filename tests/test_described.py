"""What is read of registered classes without importing them is what they are."""

import dataclasses

import pytest

from posectl.core.nets import NETS
from posectl.core.objectives import OBJECTIVES
from posectl.described import describe
from posectl.errors import UsageError

ALL = [(registry, name) for registry in (OBJECTIVES, NETS) for name in registry.built_in()]


def written(value):
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("registry", "name"), ALL, ids=[name for _, name in ALL])
def test_every_setting_is_a_field_with_its_default_and_a_meaning(registry, name):
    fields = [f for f in dataclasses.fields(registry.get(name)) if f.default is not dataclasses.MISSING]
    found = describe(registry, name).settings
    assert {setting.key: setting.type for setting in found} == {f.name: f.type for f in fields}
    for setting in found:
        default = next(f.default for f in fields if f.name == setting.key)
        assert setting.default == written(default) or float(setting.default) == default, setting
        assert len(setting.meaning) > 8, setting


@pytest.mark.parametrize("name", OBJECTIVES.built_in())
def test_every_regularizer_has_a_source(name):
    assert describe(OBJECTIVES, name).source


def test_published_values_stand_beside_the_defaults():
    gamma = {setting.key: setting for setting in describe(OBJECTIVES, "acai").settings}["gamma"]
    assert (gamma.default, gamma.paper) == ("0.2", "0.2; the pose report: 0.05")
    restart = {setting.key: setting for setting in describe(OBJECTIVES, "vqvae").settings}["restart"]
    assert (restart.default, restart.paper) == ("100", "0")


def test_a_name_that_there_is_not_is_told():
    with pytest.raises(UsageError, match="no regularizer 'acay'"):
        describe(OBJECTIVES, "acay")

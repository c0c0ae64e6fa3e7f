"""What every regularizer keeps to, whatever it does."""

import dataclasses

import pytest

from posectl.core.objectives import OBJECTIVES

NAMES = OBJECTIVES.built_in()
DOCS = OBJECTIVES.docs()


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_name_of_its_file_and_published_defaults(name):
    objective = OBJECTIVES.get(name)()
    assert objective.name == name
    assert objective.lam >= 0


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_can_be_given_as_text(name):
    kinds = {str(field.type).removesuffix(" | None") for field in dataclasses.fields(OBJECTIVES.get(name))}
    assert kinds <= {"float", "int", "bool", "str"}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_told_in_a_line_and_names_its_source(name):
    summary, blank, *rest = DOCS[name].splitlines()
    assert (summary[-1], blank) == (".", "")
    assert "Source: " in "\n".join(rest)


def test_those_that_share_noise_mean_the_same_by_it():
    shared = {}
    for name in NAMES:
        for noise, draw in OBJECTIVES.get(name)().noise.items():
            assert shared.setdefault(noise, draw) == draw, f"{name}: {noise}"

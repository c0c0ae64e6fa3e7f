"""Hints: the nearest of known names, all of few, few of many."""

from posectl.errors import did_you_mean


def test_a_hint_names_the_nearest_and_lists_all_of_few():
    assert did_you_mean("acay", ["vae", "acai", "aae"]) == "Did you mean 'acai'? Known: aae, acai, vae."


def test_a_name_like_no_other_has_the_list_alone():
    assert did_you_mean("xyz", ["vae", "acai"]) == "Known: acai, vae."


def test_of_many_names_the_nearest_few_are_listed():
    known = [f"acai-d8-s{seed}" for seed in range(40)]
    hint = did_you_mean("acai-d8-s39x", known)
    assert hint.startswith("Did you mean 'acai-d8-s39'? Nearest of 40: acai-d8-s39, ")
    assert hint.count(",") == 7

"""Subjects, actions and takes under one name each."""

from __future__ import annotations

import pytest

from posectl.data.h36m.names import (
    ACTIONS,
    action_and_take,
    action_name,
    known_actions,
    known_subjects,
    printable,
    subject_name,
)
from posectl.errors import InvalidInputError, UsageError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Walking", ("Walking", "")),
        ("Walking 1", ("Walking", "1")),
        ("walking_2", ("Walking", "2")),
        ("TakingPhoto", ("Photo", "")),
        ("takingphoto_1", ("Photo", "1")),
        ("Photo 1", ("Photo", "1")),
        ("WalkingDog 1", ("WalkDog", "1")),
        ("WalkDog", ("WalkDog", "")),
        ("walkingtogether_2", ("WalkTogether", "2")),
        ("SittingDown 2", ("SittingDown", "2")),
        ("sitting_1", ("Sitting", "1")),
        ("Phoning 3", ("Phoning", "3")),
        ("Jumping 1", ("Jumping", "1")),
    ],
)
def test_an_action_has_one_name(written: str, expected: tuple[str, str]) -> None:
    assert action_and_take(written) == expected


def test_actions_are_numbered_from_2_to_16() -> None:
    assert [action_name(number) for number in range(2, 17)] == list(ACTIONS)
    assert action_name("16") == "WalkTogether"
    assert action_name("SittingDown") == "SittingDown"


@pytest.mark.parametrize(("written", "expected"), [("S9", "S9"), ("s_09", "S9"), (11, "S11"), ("s1", "S1")])
def test_a_subject_has_one_name(written: object, expected: str) -> None:
    assert subject_name(written) == expected


@pytest.mark.parametrize("written", ["Train/S1", "", "S0", "S", "S123", "Walking", "\x1b[31mS1"])
def test_what_is_no_subject_is_refused(written: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        subject_name(written)
    assert caught.value.message.isprintable()


def test_options_take_any_of_the_names() -> None:
    assert known_actions(["takingphoto", "Photo", "sitting"]) == ("Photo", "Sitting")
    assert known_subjects(["1", "S9", "s09"]) == ("S1", "S9")
    with pytest.raises(UsageError, match="no action") as caught:
        known_actions(["Siting"])
    assert "Sitting" in caught.value.hint
    with pytest.raises(UsageError, match="no subject"):
        known_subjects(["Bob"])


def test_text_from_files_is_made_printable() -> None:
    assert printable("Wálk\n\x1b[0m\ud800") == "Wálk??[0m?"

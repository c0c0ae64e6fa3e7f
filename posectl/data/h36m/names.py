"""The names of Human3.6M's subjects, actions and takes, one for each."""

from __future__ import annotations

import re
from collections.abc import Iterable

from posectl.errors import InvalidInputError, UsageError, did_you_mean

TRAIN_SUBJECTS = ("S1", "S5", "S6", "S7", "S8")
TEST_SUBJECTS = ("S9", "S11")

# In the order of the numbers that file names such as s_01_act_02_subact_01 give them: 2 is Directions, 16 WalkTogether.
ACTIONS = (
    "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Posing", "Purchases", "Sitting", "SittingDown",
    "Smoking", "Photo", "Waiting", "Walking", "WalkDog", "WalkTogether",
)  # fmt: skip
_FIRST_NUMBER = 2

# Whole names, for Sitting begins SittingDown and Walking begins WalkingDog.
_CANONICAL = {action.lower(): action for action in ACTIONS} | {
    "takingphoto": "Photo",
    "walkingdog": "WalkDog",
    "walkingtogether": "WalkTogether",
}


def subject_name(text: object) -> str:
    """Return `S9` for "S9", "s_09" or 9; raises InvalidInputError for what is no subject of Human3.6M."""
    match = re.fullmatch(r"s?_?0*([1-9]\d?)", str(text)[:40].strip(), flags=re.IGNORECASE)
    if match is None:
        known = ", ".join(TRAIN_SUBJECTS + TEST_SUBJECTS)
        raise InvalidInputError(f"{str(text)[:40]!a} is no subject of Human3.6M.", f"Its subjects are {known}.")
    return f"S{match[1]}"


def action_and_take(text: str) -> tuple[str, str]:
    """Return ("Photo", "1") for "TakingPhoto 1" or "takingphoto_1"; an unknown action stays as it is.

    The take is the number at the end of the name: "" for the takes that have none.
    """
    match = re.fullmatch(r"\s*(.*?)[ _]*(\d*)\s*", text[:200], flags=re.DOTALL)
    assert match is not None  # any text matches
    name, take = match[1], match[2]
    return _CANONICAL.get(name.lower(), name), take


def action_name(number_or_name: object) -> str:
    """Return `Walking` for 14, "14" or "walking"."""
    text = str(number_or_name)
    if text.isdecimal() and _FIRST_NUMBER <= int(text[:9]) < _FIRST_NUMBER + len(ACTIONS):
        return ACTIONS[int(text) - _FIRST_NUMBER]
    return action_and_take(text)[0]


def printable(text: str) -> str:
    """Make text from a file fit for a message or a table: a question mark for what cannot be printed."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:200])


def known_subjects(names: Iterable[str]) -> tuple[str, ...]:
    """Return the subjects that an option names; raises UsageError for unknown ones."""
    try:
        return tuple(dict.fromkeys(subject_name(name) for name in names))
    except InvalidInputError as error:
        raise UsageError(error.message, error.hint) from None


def known_actions(names: Iterable[str]) -> tuple[str, ...]:
    """Return the actions that an option names, under any of their names; raises UsageError naming the nearest."""
    found = []
    for name in names:
        action = _CANONICAL.get(name.strip().lower())
        if action is None:
            raise UsageError(f"{name!r} is no action of Human3.6M.", did_you_mean(name, ACTIONS))
        found.append(action)
    return tuple(dict.fromkeys(found))

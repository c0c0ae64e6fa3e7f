"""What reaches a terminal."""

from __future__ import annotations

import doctest
import unicodedata

import pytest

from posectl import printable as module
from posectl.printable import one_line, printable


def test_examples() -> None:
    assert doctest.testmod(module).failed == 0


def test_no_control_and_no_mark_of_direction_is_left_whatever_the_text() -> None:
    every = "".join(map(chr, range(0x110000)))
    left = {unicodedata.category(c) for c in printable(every) if c not in "\n\t"}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(c) for c in printable(every)} & directions


@pytest.mark.parametrize("text", ["walk", "naïve", "走る", "λ = 0.3", "👍🏽", "a\tb\nc", ""])
def test_plain_text_passes(text: str) -> None:
    assert printable(text) == text


def test_a_line_end_forges_no_line() -> None:
    assert "\n" not in one_line("a\nerror: forged\r\n")

"""The table of the papers' figures: what it says that a script leaves, that script writes; none is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
TABLE = (EXAMPLES / "README.md").read_text(encoding="utf-8")
OF_NO_PAPER = {"poses.sh", "prior.sh", "survey.sh"}
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.sh") if path.name not in OF_NO_PAPER)


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_leaves_it_writes(name: str) -> None:
    script = (EXAMPLES / name).read_text(encoding="utf-8")
    written = [re.escape(file).replace(r"\*", ".*") for file in re.findall(r"\$OUT/([\w${}%:*.\[\]/-]+\.\w+)", script)]
    # A variable in a file's name stands for anything.
    patterns = [re.sub(r"\\\$(\\\{.*?\\\}|\w+)", ".*", file) for file in written]
    rows = [row.split("|") for row in TABLE.splitlines() if row.startswith("|") and name in row.split("|")[2]]
    assert rows, f"{name} is in no row"
    scripts = {each for row in rows for each in SCRIPTS if each in row[2]}
    if scripts == {name}:
        for file in {file for row in rows for file in re.findall(r"`([\w*.-]+\.(?:png|md))`", row[3])}:
            assert any(re.fullmatch(pattern, file.replace("*", "x")) for pattern in patterns), (file, patterns)


def test_every_paper_and_every_missing_set_of_data_has_its_rows() -> None:
    for name in ("Naayem", "Berthelot", "Oring", "Sainburg", "Makhzani", "Human3.6M", "SVHN", "CelebA", "ShapeNet"):
        assert name in TABLE

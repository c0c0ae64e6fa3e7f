"""The lines of the quick benchmarks."""

from posectl.cli.doctor import as_line
from posectl.stages.bench import Measurement


def test_a_figure_is_told_with_its_ratio() -> None:
    assert as_line(Measurement("nearest pose", 5598.4, "queries/s", "brute force", 333.7)).split() == (
        "nearest pose 5,598 queries/s 334 times brute force".split()
    )
    assert as_line(Measurement("drawing a GIF", 110.9, "frames/s")).split() == "drawing a GIF 111 frames/s".split()

"""SVHN's files, as MATLAB's format has them, and others that are no such."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from posectl.data.readers.images import read
from posectl.errors import InvalidInputError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (32, 32, 3, 12), np.uint8)
LABELS = np.array([1, 10, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1], np.uint8)[:, None]


def saved(path: Path, compressed: bool = True, **held: np.ndarray) -> Path:
    savemat(path, held, do_compression=compressed)  # SVHN's are compressed, version 5
    return path


@pytest.mark.parametrize("compressed", [True, False])
def test_images_and_digits_come_as_they_are_meant(tmp_path: Path, compressed: bool) -> None:
    train = saved(tmp_path / "train_32x32.mat", compressed, X=PIXELS, y=LABELS)
    test = saved(tmp_path / "test_32x32.mat", compressed, X=PIXELS[..., :4], y=LABELS[:4])
    data = read([train], test=(str(test),))
    expected = np.moveaxis(PIXELS, (3, 2), (0, 1)) / 127.5 - 1
    np.testing.assert_allclose(data.samples[data.split == 0], expected, atol=1e-6)
    # 10 is the digit 0, by the data's own page.
    names = np.array(data.about["class_names"])
    assert names[data.per_sample["label"]].tolist() == [str(int(y) % 10) for y in [*LABELS[:, 0], *LABELS[:4, 0]]]
    assert data.split.tolist() == [0] * 12 + [1] * 4


@pytest.mark.parametrize(
    ("held", "word"),
    [
        ({"Z": PIXELS}, "holds Z, not SVHN's X and y"),
        ({"X": PIXELS.astype(float), "y": LABELS}, "float64"),
        ({"X": PIXELS, "y": LABELS[:5]}, "y of shape"),
        ({"X": PIXELS[..., 0], "y": LABELS}, "not SVHN's"),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, held: dict[str, np.ndarray], word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        read([saved(tmp_path / "a.mat", **held)])


@pytest.mark.parametrize("content", [b"", b"MATLAB 7.3 MAT-file" + bytes(500), b"\x89HDF\r\n\x1a\n" + bytes(600)])
def test_what_is_no_such_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(InvalidInputError):
        read([tmp_path / "a.mat"])


def test_a_file_cut_short_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.mat", X=PIXELS, y=LABELS)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(InvalidInputError, match=r"a\.mat"):
        read([path])


def test_one_that_would_take_more_than_the_budget_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "1K")
    path = saved(tmp_path / "a.mat", X=np.zeros((32, 32, 3, 200), np.uint8), y=np.ones((200, 1), np.uint8))
    with pytest.raises(InvalidInputError, match="of memory"):
        read([path])

"""Bad input to the search under `evaluate`, and to sweeps: a sentence, a hint, an exit code, and nothing published."""

import numpy as np
import pytest


@pytest.fixture
def files(trained, tmp_path, people):
    """A store with a model, and files that are no fit reference beside `some.npy`, which is."""
    holed = people[:20].copy()
    holed[3, 2, 1] = np.nan
    arrays = {
        "some": people[:40],
        "few": people[:3],
        "none": people[:0],
        "holed": holed,
        "endless": np.full((20, 17, 3), np.inf, np.float32),
        "legless": people[:20, :9],
        "flat": people[:20].reshape(-1),
        "stills": people[:4, None],
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    return trained


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("evaluate", "some.npy", "--against", "none.npy"), 4, "no poses at all"),
        (("evaluate", "some.npy", "--against", "holed.npy"), 4, "the first at index 3"),
        (("evaluate", "some.npy", "--against", "endless.npy"), 4, "NaN or infinity in 20 of 20"),
        (("evaluate", "some.npy", "--against", "legless.npy"), 4, "9 joints"),
        (("evaluate", "some.npy", "--against", "flat.npy"), 4, "shape (1020,)"),
        (("evaluate", "acai", "--against", "none.npy"), 4, "no poses at all"),
        (("evaluate", "stills.npy"), 4, "no transitions"),
        (
            ("evaluate", "some.npy", "--against", "few.npy", "--metric", "prdc"),
            4,
            "sets of more than 5 samples",
        ),
        (
            ("evaluate", "few.npy", "--against", "some.npy", "--metric", "prdc"),
            4,
            "sets of more than 5 samples",
        ),
        (
            ("evaluate", "some.npy", "--against", "some.npy", "--metric", "prdc", "--k", "40"),
            4,
            "more than 40 samples, not 40",
        ),
        (("evaluate", "acai", "--metric", "prdc", "--samples", "5"), 4, "more than 5 samples, not 5"),
        (("evaluate", "acai", "--metric", "prdc", "--k", "0"), 2, "k must be at least 1"),
        (("sweep", "poses", "--reg", "acai", "--set", "acai.gama=0.1"), 2, "no setting 'gama'"),
        (("sweep", "poses", "--reg", "acia", "--lam", "0,1"), 2, "no regularizer 'acia'"),
        (("sweep", "poses", "--jobs", "2"), 2, "processes of their own"),
    ],
)
def test_it_is_refused(files, tmp_path, args, code, words):
    before = sorted(tmp_path.glob("artifacts/*/v*"))
    done = files(*args)
    assert (done.code, done.out) == (code, ""), done.err
    said = [line for line in done.err.splitlines() if line.startswith(("error: ", "hint: "))]
    assert [line.partition(":")[0] for line in said] == ["error", "hint"]
    assert words in said[0]
    assert sorted(tmp_path.glob("artifacts/*/v*")) == before

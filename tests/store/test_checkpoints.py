from __future__ import annotations

from pathlib import Path
from threading import Timer

import killing
import numpy as np
import pytest

from posectl.errors import ConflictError, InvalidInputError
from posectl.store import Store
from posectl.store.checkpoints import saves
from posectl.store.leases import Lease


def _arrays(value: float) -> dict[str, np.ndarray]:
    return {
        "encoder.0.weight": np.full((3, 4), value, np.float32),
        "optimizer/exp_avg": np.full(5, value, np.float64),
        "rng": np.arange(7, dtype=np.uint8),
        "step": np.array(int(value)),
        "empty": np.zeros((0, 2), np.float32),
    }


def test_the_last_save_comes_back_bit_for_bit(store: Store) -> None:
    checkpoints = store.checkpoints("abc")
    assert checkpoints.load() is None
    with checkpoints.lock():
        for step in (10, 20, 30):
            checkpoints.save(step, _arrays(step), {"loss": [0.5, float("nan")], "best": {"step": step}})
    loaded = store.checkpoints("abc").load()
    assert loaded is not None
    step, arrays, record = loaded
    assert (step, record) == (30, {"loss": [0.5, "nan"], "best": {"step": 30}})
    assert arrays.keys() == _arrays(30).keys()
    for name, expected in _arrays(30).items():
        assert (arrays[name].dtype, arrays[name].shape) == (expected.dtype, expected.shape)
        assert arrays[name].tobytes() == expected.tobytes()
        assert arrays[name].flags.writeable


def test_the_last_two_are_kept(store: Store) -> None:
    checkpoints = store.checkpoints("abc")
    for step in range(5):
        checkpoints.save(step, _arrays(step), {})
    assert len(saves(checkpoints.path)) == 2


@pytest.mark.parametrize("damage", ["flip", "cut", "delete", "manifest"])
def test_a_damaged_save_gives_way_to_the_one_before(store: Store, damage: str) -> None:
    checkpoints = store.checkpoints("abc")
    checkpoints.save(1, _arrays(1), {"n": 1})
    checkpoints.save(2, _arrays(2), {"n": 2})
    newest = saves(checkpoints.path)[-1]
    path = newest / ("manifest.json" if damage == "manifest" else "state/c.0")
    data = path.read_bytes()
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "cut" else data[:20] + bytes([data[20] ^ 4]) + data[21:])
    loaded = checkpoints.load()
    assert loaded is not None
    assert (loaded[0], loaded[2]) == (1, {"n": 1})
    assert (loaded[1]["encoder.0.weight"] == 1).all()
    checkpoints.save(3, _arrays(3), {})
    reloaded = checkpoints.load()
    assert reloaded is not None
    assert reloaded[0] == 3


def test_a_save_that_fails_leaves_the_one_before(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = store.checkpoints("abc")
    checkpoints.save(1, _arrays(1), {})
    with pytest.raises(InvalidInputError):
        checkpoints.save(2, {"w": np.array([object()])}, {})
    assert [path.name for path in checkpoints.path.iterdir()] == ["save-000000001"]


def test_a_training_has_one_owner(store: Store) -> None:
    checkpoints = store.checkpoints("abc")
    with checkpoints.lock():
        with pytest.raises(ConflictError, match="trains this very model") as error, store.checkpoints("abc").lock():
            pass
        assert error.value.hint
        with store.checkpoints("other").lock():
            pass
    with checkpoints.lock():
        pass


def test_a_training_waits_for_whoever_only_looks(store: Store) -> None:
    checkpoints = store.checkpoints("abc")
    with checkpoints.lock():
        pass  # which makes the folder
    looking = Lease(checkpoints.path.with_name(f"{checkpoints.path.name}.lock"))  # as `gc` does, for longer than usual
    assert looking.acquire(patience=0)
    Timer(0.6, looking.release).start()
    with checkpoints.lock():
        assert not looking.acquire(patience=0)


def test_a_dead_owner_holds_nothing(tmp_path: Path) -> None:
    killing.kill_loop("checkpoint", 1, tmp_path)
    with Store(tmp_path / "checkpoint-0" / "store").checkpoints("training").lock():
        pass


def test_clear_removes_every_save(store: Store) -> None:
    checkpoints = store.checkpoints("abc")
    checkpoints.save(1, _arrays(1), {})
    checkpoints.clear()
    assert checkpoints.load() is None
    checkpoints.clear()
    checkpoints.save(1, _arrays(1), {})
    assert checkpoints.load() is not None


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a.b", "a" * 200])
def test_an_unfit_key_is_refused(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        store.checkpoints(key)


def test_checkpoints_are_no_artifacts(store: Store) -> None:
    store.checkpoints("abc").save(1, _arrays(1), {})
    assert store.names() == []
    assert store.verify(level=4) == []

"""The store against a plain dict, under any order of what can be done to it."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import killing
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from posectl.errors import ConflictError, NotFoundError
from posectl.store import Store

NAMES = st.sampled_from(["poses", "acai", "scores.b"])
ALIASES = st.sampled_from(["best", "paper"])
PICK = st.randoms(use_true_random=False)


class StoreMachine(RuleBasedStateMachine):
    """versions: (name, number) -> (value, parents). highest: name -> the last number given. aliases: (name, alias)."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.versions: dict[tuple[str, int], tuple[int, list[tuple[str, int]]]] = {}
        self.highest: dict[str, int] = {}
        self.aliases: dict[tuple[str, str], int] = {}
        self.value = 0
        self.resumable: int | None = None

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @property
    def store(self) -> Store:
        return Store(self.folder / "artifacts")  # opened anew each time: it keeps nothing in memory

    @rule(name=NAMES, pick=PICK, parents=st.integers(0, 2))
    def publish(self, name: str, pick: random.Random, parents: int) -> None:
        chosen = [pick.choice(sorted(self.versions)) for _ in range(parents) if self.versions]
        self.value += 1
        with self.store.draft("samples", name) as draft:
            draft.put("x", np.full(3, self.value))
            draft.record(parents=[("of", self.store.get(f"{n}:v{v}")) for n, v in chosen], key=str(self.value % 3))
            artifact = draft.publish()
        number = self.highest.get(name, 0) + 1
        assert artifact.ref == f"{name}:v{number}"
        self.highest[name] = number
        self.versions[name, number] = (self.value, chosen)

    @rule(name=NAMES)
    def fail(self, name: str) -> None:
        with pytest.raises(KeyError), self.store.draft("samples", name) as draft:
            draft.put("x", {}["missing"])

    @rule(name=NAMES, size=st.sampled_from([0, 3]))
    def crash(self, name: str, size: int) -> None:
        killing.forget_draft(self.store, name, size)

    @precondition(lambda self: self.versions)
    @rule(pick=PICK, alias=ALIASES)
    def alias(self, pick: random.Random, alias: str) -> None:
        name, number = pick.choice(sorted(self.versions))
        self.store.alias(f"{name}:v{number}", alias)
        self.aliases[name, alias] = number

    @rule(name=NAMES, alias=ALIASES)
    def remove_alias(self, name: str, alias: str) -> None:
        if self.aliases.pop((name, alias), None) is None:
            with pytest.raises(NotFoundError):
                self.store.remove_alias(name, alias)
        else:
            self.store.remove_alias(name, alias)

    @precondition(lambda self: self.versions)
    @rule(pick=PICK, force=st.booleans(), dry_run=st.booleans())
    def remove(self, pick: random.Random, force: bool, dry_run: bool) -> None:
        key = name, number = pick.choice(sorted(self.versions))
        used = any(key in parents for _, parents in self.versions.values())
        used |= any(name == aliased and number == target for (aliased, _), target in self.aliases.items())
        if used and not force:
            with pytest.raises(ConflictError):
                self.store.remove(f"{name}:v{number}", dry_run)
            return
        self.store.remove(f"{name}:v{number}", dry_run, force)
        if not dry_run:
            del self.versions[key]
            self.aliases = {k: target for k, target in self.aliases.items() if (k[0], target) != key}

    @rule(step=st.integers(1, 9))
    def save(self, step: int) -> None:
        self.store.checkpoints("training").save(step, {"w": np.full(2, step)}, {})
        self.resumable = step

    @rule(dry_run=st.booleans(), checkpoints=st.booleans())
    def gc(self, dry_run: bool, checkpoints: bool) -> None:
        self.store.gc(dry_run, checkpoints)
        if dry_run:
            return
        if checkpoints:
            self.resumable = None
        staging = self.folder / "artifacts" / ".staging"
        left = [path.name for path in staging.iterdir()] if staging.exists() else []
        assert left == (["checkpoints-training"] if self.resumable else [])

    @precondition(lambda self: self.versions)
    @rule(pick=PICK, with_parents=st.booleans())
    def export_and_import(self, pick: random.Random, with_parents: bool) -> None:
        name, number = pick.choice(sorted(self.versions))
        archive = self.folder / "x.zip"
        exported = self.store.export(f"{name}:v{number}", archive, with_parents)
        other = Store(self.folder / "other")
        imported = other.import_(archive)
        assert sorted(each.digest for each in imported) == sorted(each.digest for each in exported)
        assert other.verify(level=3) == []
        assert other.names() == sorted({each.name for each in exported})
        shutil.rmtree(other.path)
        self.store.import_(archive)  # all here already: the invariants see that nothing changed

    @invariant()
    def the_store_is_what_the_dict_says(self) -> None:
        if not hasattr(self, "folder"):
            return
        store = self.store
        assert store.names() == sorted({name for name, _ in self.versions})
        for name in self.highest:
            assert store.versions(name) == sorted(number for other, number in self.versions if other == name)
            expected = {alias: f"v{number}" for (other, alias), number in self.aliases.items() if other == name}
            assert store.aliases(name) == expected
        for (name, number), (value, _) in self.versions.items():
            assert store.get(f"{name}:v{number}").read("x").tolist() == [value] * 3
        for (name, alias), number in self.aliases.items():
            assert store.get(f"{name}:{alias}").version == number
        newest = store.newest("samples")
        last = max(self.versions, key=lambda key: self.versions[key][0], default=None)
        assert (None if newest is None else (newest.name, newest.version)) == last
        assert store.verify(level=2) == []
        loaded = store.checkpoints("training").load()
        assert (loaded and loaded[0]) == self.resumable


class LongStoreMachine(StoreMachine):
    """The same, for longer."""


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=5, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLongStoreMachine = pytest.mark.slow(LongStoreMachine.TestCase)
TestLongStoreMachine.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)

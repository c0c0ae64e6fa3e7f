"""posectl store gc: what it says of processes on other hosts."""

from __future__ import annotations

import json

import pytest

from posectl.store import beats


@pytest.mark.parametrize(("count", "told"), [(1, "a process on another host lives"), (2, "2 processes on other hosts")])
def test_gc_says_why_it_waits_and_clears_what_gave_no_sign_of_life(trained, tmp_path, monkeypatch, count, told):
    monkeypatch.setattr(beats, "BEAT", 0.1)
    monkeypatch.setattr(beats, "SILENCE", 0.5)
    staging = tmp_path / "artifacts" / ".staging"
    for number in range(count):
        (staging / f"{number:032x}.lock").write_text(json.dumps({"pid": 1, "host": "elsewhere", "beats": 3}))
    done = trained("store", "gc", "--json")
    assert told in done.err
    assert len(done.json["removed"]) == count
    assert not list(staging.glob("*.lock"))
    assert "other" not in trained("store", "gc").err

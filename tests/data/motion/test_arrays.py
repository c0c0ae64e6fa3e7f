"""Joints in motion as arrays and tables, read back by others' readers and by posectl's door for poses."""

from __future__ import annotations

import csv
import io

import numpy as np
from data.motion.walks import walk

from posectl.data.foreign import Conventions
from posectl.data.motion.arrays import csv_of, npz_of
from posectl.data.posefile import read_file
from posectl.data.skeleton import H36M17

NAMES, RATES = ["a walk", 'b, "quoted"'], [30.0, 50.0]


def test_an_npz_says_all_that_prepare_arrays_asks(tmp_path):
    motions = [walk(frames=5), walk(frames=3, knees=0.2)]
    np.savez(tmp_path / "out.npz", **npz_of(NAMES, motions, RATES))
    read = read_file(tmp_path / "out.npz", Conventions(), fps=1.0, drop_bad=False)
    np.testing.assert_allclose(read.poses + read.root[:, None], np.concatenate(motions), atol=1e-6)
    assert read.clips.name.tolist() == NAMES
    assert read.clips.fps.tolist() == RATES
    assert (read.clips.length.tolist(), read.up, read.warnings) == ([5, 3], "+z", [])


def test_a_table_has_a_line_a_frame():
    motions = [walk(frames=5), walk(frames=3)]
    rows = list(csv.DictReader(io.StringIO(csv_of(NAMES, motions, RATES))))
    assert [row["clip"] for row in rows] == [NAMES[0]] * 5 + [NAMES[1]] * 3
    assert [float(row["seconds"]) for row in rows[5:]] == [0, 0.02, 0.04]
    found = [[[float(row[f"{joint}_{axis}"]) for axis in "xyz"] for joint in H36M17.joints] for row in rows]
    np.testing.assert_allclose(found, np.concatenate(motions), atol=1e-6)

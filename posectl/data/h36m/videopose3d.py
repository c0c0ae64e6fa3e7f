"""VideoPose3D's data_3d_h36m.npz: a pickled dictionary, subject -> action -> (T, 32, 3), world axes, metres, 50 Hz.

Source: facebookresearch/VideoPose3D, data/prepare_data_h36m.py and common/h36m_dataset.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from posectl.data.h36m.layouts import LayoutFile
from posectl.data.h36m.names import action_and_take, subject_name
from posectl.data.h36m.takes import Request, Take
from posectl.errors import InvalidInputError


def read(files: Sequence[LayoutFile], request: Request) -> Iterator[Take]:
    """Read the takes of `files` that `request` wants; raises InvalidInputError for a dictionary of another shape."""
    for file in files:
        for subject, actions in file.content.items():
            if not isinstance(actions, dict):
                raise InvalidInputError(f"{file.path} holds no actions under {str(subject)[:20]!a}.", "Check the file.")
            for label, joints in actions.items():
                name, (action, take) = subject_name(subject), action_and_take(str(label))
                if not request.wants(name, action, take):
                    continue
                if not isinstance(joints, np.ndarray):
                    message = f"{file.path} holds a {type(joints).__name__} for {name} {action}, where poses should be."
                    raise InvalidInputError(message, "Write the file again with prepare_data_h36m.py.")
                source = f"{file.label}: {name}/{str(label)[:80]}"
                yield Take(name, action, take, joints, np.arange(len(joints) if joints.ndim else 0), source)

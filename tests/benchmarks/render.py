"""A 100-frame GIF of a walking skeleton, 480 x 480: posectl against matplotlib's animation writer.

    python tests/benchmarks/render.py [--rounds 5] [--keep FOLDER]

Both draw and encode the same poses, in turn. matplotlib gets its quickest form: a 3D axes made once, lines whose data
are replaced, and Pillow's writer.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from timing import Others, Row, in_turn, parser, ratio, report, seconds, spread

FRAMES, SIZE, FPS = 100, 480, 25
PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
LEFT, RIGHT = (4, 5, 6, 11, 12, 13), (1, 2, 3, 14, 15, 16)
# Bones from the parent, in metres, of someone who stands and looks along -y.
OFFSETS = [
    (0, 0, 0), (-0.12, 0, 0), (0, 0, -0.45), (0, 0, -0.45), (0.12, 0, 0), (0, 0, -0.45), (0, 0, -0.45),
    (0, 0, 0.25), (0, 0, 0.25), (0, -0.03, 0.1), (0, 0, 0.12),
    (0.18, 0, -0.03), (0.03, 0, -0.28), (0, -0.02, -0.25), (-0.18, 0, -0.03), (-0.03, 0, -0.28), (0, -0.02, -0.25),
]  # fmt: skip
# Joints whose bone swings fore and aft: amplitude in radians, phase and a constant bend.
SWINGS = {
    2: (0.5, 0.0, 0.1), 3: (0.5, -1.2, -0.45), 5: (0.5, np.pi, 0.1), 6: (0.5, np.pi - 1.2, -0.45),
    12: (0.5, 0.0, 0.0), 13: (0.3, 0.0, 0.5), 15: (0.5, np.pi, 0.0), 16: (0.3, np.pi, 0.5),
}  # fmt: skip


def walk() -> np.ndarray:
    """(FRAMES, 17, 3) metres, z up, the pelvis at the origin, slowly turning."""
    phase = np.linspace(0, 6 * np.pi, FRAMES)
    angle = np.zeros((FRAMES, 17))
    poses = np.zeros((FRAMES, 17, 3))
    for joint, parent in list(enumerate(PARENTS))[1:]:
        amplitude, shift, bend = SWINGS.get(joint, (0.0, 0.0, 0.0))
        angle[:, joint] = angle[:, parent] * (joint in SWINGS) + amplitude * np.sin(phase + shift) + bend
        x, y, z = OFFSETS[joint]
        cos, sin = np.cos(angle[:, joint]), np.sin(angle[:, joint])
        poses[:, joint] = poses[:, parent] + np.stack([np.full(FRAMES, x), cos * y + sin * z, cos * z - sin * y], -1)
    turn = np.linspace(0, 1.0, FRAMES)[:, None]
    x, y, z = np.moveaxis(poses, -1, 0)
    return np.stack([np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y, z], -1)


def with_posectl(poses: np.ndarray, path: Path) -> None:
    from posectl.render.body import Body
    from posectl.render.gif import write_gif
    from posectl.render.scene import draw_frames

    write_gif(path, draw_frames([poses], Body(PARENTS, LEFT, RIGHT, "+z"), size=SIZE), FPS)


def with_matplotlib(poses: np.ndarray, path: Path) -> None:
    from matplotlib.animation import FuncAnimation, PillowWriter
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE / 100, SIZE / 100), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(projection="3d")
    axes.set(xlim=(-0.9, 0.9), ylim=(-0.9, 0.9), zlim=(-0.95, 0.85), box_aspect=(1, 1, 1))
    bones = [(parent, joint) for joint, parent in enumerate(PARENTS) if parent >= 0]
    lines = [axes.plot([], [], [], color="C0" if j in LEFT else "C1" if j in RIGHT else "k", lw=4)[0] for _, j in bones]

    def show(frame: int) -> list:
        for line, (parent, joint) in zip(lines, bones, strict=True):
            line.set_data_3d(*poses[frame, [parent, joint]].T)
        return lines

    FuncAnimation(figure, show, frames=len(poses), blit=False).save(path, writer=PillowWriter(fps=FPS))


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--keep", type=Path, help="folder to leave both GIFs in")
    options = made.parse_args()
    poses = walk()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        ours, theirs = folder / "posectl.gif", folder / "matplotlib.gif"
        with_posectl(poses[:2], ours)  # imports, fonts
        with_matplotlib(poses[:2], theirs)
        others = Others()
        jobs = {
            "posectl": lambda: seconds(lambda: with_posectl(poses, ours)),
            "matplotlib": lambda: seconds(lambda: with_matplotlib(poses, theirs)),
        }
        taken = in_turn(jobs, options.rounds)
        for name, path in (("posectl", ours), ("matplotlib", theirs)):
            print(f"{name:10}  {spread(taken[name])} s, {path.stat().st_size / 1000:.0f} kB")
    mine, peer = taken["posectl"], taken["matplotlib"]
    report(options, [
        Row("6", f"a GIF of a skeleton, {FRAMES} frames of {SIZE} x {SIZE}", "1.5 s, 10 times matplotlib",
            f"{median(mine):.2f} s", f"matplotlib's writer {median(peer):.1f} s: {ratio(mine, peer):.1f} times",
            others())
    ])  # fmt: skip


if __name__ == "__main__":
    main()

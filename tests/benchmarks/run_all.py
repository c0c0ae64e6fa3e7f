"""Run the benchmarks one after the other, and write what they measure into the table of README.md.

    python tests/benchmarks/run_all.py [DATA_FOLDER] --peers-python PYTHON --peer PEER_SCRIPT [--only train stack]

It takes some twenty minutes on two cores that are otherwise idle. Rows of scripts that do not run stay as they are.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import add_data, machine, parser

HERE = Path(__file__).parent
START, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
HEADER = (
    "| | figure | asked | posectl | peers, and how many times as fast | others, cores | script |\n"
    "|---|---|---|---|---|---|---|\n"
)


def commands(options: argparse.Namespace) -> dict[str, list[str]]:
    """The flags of each run, by how the table calls it."""
    data, peers = [str(options.data)], ["--peers-python", options.peers_python]
    few = ["--rounds", str(min(options.rounds, 3))]
    plot = ["--scale", "--plot", str(HERE / "nearest.svg")]
    return {
        "nearest": [*data, *peers],
        "nearest --scale": [*data, *peers, *plot, *few],
        "train": [*peers, *(["--peer", str(options.peer)] if options.peer else [])],
        "stack": [],
        "evaluation": data,
        "render": [],
    }


def measured(name: str, flags: list[str], options: argparse.Namespace) -> list[str]:
    """Lines of the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder, "rows.json")
        common = ["--threads", str(options.threads), "--rounds", str(options.rounds), "--rows", str(rows)]
        script = HERE / f"{name.split()[0]}.py"
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, str(script), *common, *flags], check=True)
        return [
            "| {item} | {figure} | {asked} | {posectl} | {peers} | {others:.2f} | `".format(**row) + f"{name}` |"
            for row in json.loads(rows.read_text())
        ]


def main() -> None:
    made = parser(__doc__)
    add_data(made)
    made.add_argument("--peers-python", default=sys.executable)
    made.add_argument("--peer", type=Path, help="the peer script of train.py")
    made.add_argument("--only", nargs="+", default=[], help="names of scripts")
    options = made.parse_args()
    readme = HERE / "README.md"
    before, _, rest = readme.read_text().partition(START)
    old, _, after = rest.partition(END)
    lines: list[str] = []
    for name, flags in commands(options).items():
        if options.only and name.split()[0] not in options.only:
            lines += [line for line in old.splitlines() if line.endswith(f"| `{name}` |")]
        else:
            lines += measured(name, flags, options)
    where = f"{machine()}. Threads: {options.threads}, rounds: {options.rounds}.\n\n"
    table = "".join(f"{line}\n" for line in lines)
    readme.write_text(f"{before}{START}{where}{HEADER}{table}{END}{after}")


if __name__ == "__main__":
    main()

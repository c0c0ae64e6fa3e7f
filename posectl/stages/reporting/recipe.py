"""The shell script that makes artifacts again, from the commands that made them."""

from __future__ import annotations

from collections.abc import Sequence

from posectl.printable import one_line
from posectl.stages.run import Run
from posectl.store import Artifact
from posectl.store.lineage import lineage


def recipe(run: Run, artifacts: Sequence[Artifact]) -> str:
    """Return a script of the commands that made the artifacts and all that they were made from, in their order.

    At its end it prints the digests, which are these again on the same machine, versions and threads.
    """
    everyone = {artifact.ref: artifact for artifact in artifacts}
    for artifact in artifacts:
        family = [each.artifact for each in lineage(run.artifacts, artifact).ancestors]
        everyone |= {each.ref: each for each in family if each is not None}
    ordered = sorted(everyone.values(), key=lambda each: (each.manifest.get("sequence") or 0, each.created))
    # What the library made records the arguments of its process, in a list.
    recorded = {each.ref: each.manifest.get("command") for each in ordered}
    commands = list(dict.fromkeys(one_line(each) for each in recorded.values() if isinstance(each, str)))
    lacking = [ref for ref, command in recorded.items() if not isinstance(command, str)]
    lines = ["set -e", *commands]
    if lacking:
        lines.insert(0, f"# Made by the library, not by a command: {', '.join(lacking)}")
    checks = [f"# {each.ref} {each.digest}" for each in ordered]
    return "\n".join([*lines, "# The digests that this gave:", *checks]) + "\n"

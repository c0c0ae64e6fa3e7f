"""The kinds of artifacts, and the versions of the formats in which this release writes; migrations read the earlier."""

SCHEMA = 1
"""The version of the manifest, whatever its kind."""

KINDS = {"dataset": 1, "model": 2, "paths": 1, "samples": 1, "scores": 3, "sweep": 2, "attribute": 1}
"""Kind -> the version of what only that kind has: its arrays, and the keys of its config, summary and about."""

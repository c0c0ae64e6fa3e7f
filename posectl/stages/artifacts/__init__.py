"""Artifacts as the stages read them: datasets, models, members of sweeps, files from outside."""

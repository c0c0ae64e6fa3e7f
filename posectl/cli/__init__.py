"""The command line: one module a verb; parse, one call into stages, print. typer lives here and nowhere else."""

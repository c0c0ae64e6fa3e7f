"""The command line: one module a verb, which parses, calls the library and prints. typer lives nowhere else."""

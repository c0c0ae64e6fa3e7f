"""Priors over codes, and paths between codes."""

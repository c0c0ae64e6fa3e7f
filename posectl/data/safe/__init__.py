"""Parsing of foreign arrays and pickles without running anything they hold."""

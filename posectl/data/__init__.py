"""Samples and their sources: readers, generators, skeletons. Arrays out; no store, no torch."""

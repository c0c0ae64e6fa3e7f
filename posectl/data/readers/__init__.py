"""One source a file; see posectl.data.sources."""

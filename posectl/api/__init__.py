"""The library: what a notebook imports as `posectl`, and what the command line is a skin over."""

"""The version of posectl."""

__version__ = "0.2.0"
